/**
 * Blobs behind their length in four bytes, the first of them 0, so that no line begins like one.
 *
 * @module
 */

import type { Socket } from "./socket.ts";

const LENGTH_BYTES = 4;

/** Makes the length that stands before a blob. */
export function lengthOf(blob: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(LENGTH_BYTES);
  new DataView(bytes.buffer).setUint32(0, blob.length);
  return bytes;
}

/** Writes bytes whole. */
export async function writeWhole(socket: Socket, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await socket.write(bytes.subarray(sent));
}

/** Reads a blob straight into its own memory, behind its length; `null` at the end. */
export async function readBlob(socket: Socket): Promise<Uint8Array | null> {
  const length = new Uint8Array(LENGTH_BYTES);
  if (!await fill(socket, length)) return null;
  return await readRest(socket, length);
}

/**
 * Reads the rest of a blob whose beginning was read.
 *
 * @param beginning At least its length.
 */
export async function readRest(socket: Socket, beginning: Uint8Array): Promise<Uint8Array | null> {
  const view = new DataView(beginning.buffer, beginning.byteOffset);
  const blob = new Uint8Array(view.getUint32(0));
  const had = beginning.subarray(LENGTH_BYTES, LENGTH_BYTES + blob.length);
  blob.set(had);
  return await fill(socket, blob.subarray(had.length)) ? blob : null;
}

async function fill(socket: Socket, memory: Uint8Array): Promise<boolean> {
  for (let filled = 0; filled < memory.length;) {
    const length = await socket.read(memory.subarray(filled)).catch(() => null);
    if (length === null) return false;
    filled += length;
  }
  return true;
}
