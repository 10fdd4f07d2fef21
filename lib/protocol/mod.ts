/**
 * The wire dari/1: messages, their text, and the description of methods.
 *
 * @module
 */

export * from "./arrived.ts";
export * from "./decode.ts";
export * from "./encode.ts";
export * from "./json.ts";
export * from "./message.ts";
export * from "./openrpc.ts";
export * from "./schema_conversions.ts";
export * from "./values/mod.ts";
