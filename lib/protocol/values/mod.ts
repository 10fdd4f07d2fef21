/**
 * Values that JSON does not carry: how they are written, and how they are read.
 *
 * @module
 */

export * from "./revive.ts";
export * from "./stream_source.ts";
export * from "./write.ts";
export * from "./written.ts";
