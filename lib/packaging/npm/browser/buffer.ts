/**
 * What the client needs of node:buffer, where there is none.
 *
 * @module
 */

const encoder = new TextEncoder();

/** Stands for node:buffer's in a browser. */
export const Buffer = {
  /** The length of a text in bytes of UTF-8. */
  byteLength: (text: string): number => encoder.encode(text).length,
};
