import type { SharedStream } from "../../lib/ipc/segment/shared_stream.ts";

/** Bytes of a stream of which a third are LF, so that a doorbell in the wrong place shows. */
export function streamBytes(from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, n) => byteAt(from + n));
}

/** The byte at a place of that stream. */
export function byteAt(at: number): number {
  return at % 3 === 0 ? 0x0a : (at + (at >> 8)) & 0xff;
}

/** Writes all of the bytes. */
export async function writeAll(stream: SharedStream, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) {
    const length = await stream.write(bytes.subarray(sent));
    stream.hasWritten(length);
    sent += length;
  }
}

/** Reads some bytes of the stream; gives their number, or `null` at the end. */
export async function readSome(stream: SharedStream, into: Uint8Array): Promise<number | null> {
  while (true) {
    const length = stream.hasRead(into, await stream.read(into));
    if (length !== 0) return length;
  }
}
