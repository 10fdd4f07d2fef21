/**
 * What a program gives as a stream, and how it is read.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { fileInfo, type FileSource } from "../../protocol/values/stream_source.ts";

const { streamChunkBytes: CHUNK } = limits;

/** What a program gives as a stream. */
export type StreamSource = AsyncIterable<unknown> | Blob | FileSource;

/**
 * Begins to read what was given as a stream. The bytes of files and web streams come in pieces of at
 * most `limits.streamChunkBytes`, however long the pieces are that the source gives.
 *
 * @param source The source.
 * @returns Its iterator; its reader ends it.
 */
export function iteratorOf(source: StreamSource): AsyncIterator<unknown> {
  if (source instanceof Blob) return blobPieces(source);
  if (fileInfo in source) return inPieces(source.read()[Symbol.asyncIterator]());
  if (source instanceof ReadableStream) return inPieces(readerOf(source));
  return source[Symbol.asyncIterator]();
}

/**
 * Ends a source that nobody has begun to read: it may hold something.
 *
 * @param source The source. One that somebody else reads is theirs to end.
 */
export function endSource(source: StreamSource): void {
  if (source instanceof Blob) return;
  if (fileInfo in source) return source.end?.();
  try {
    const iterator = iteratorOf(source);
    Promise.resolve(iterator.return?.()).catch(() => {});
  } catch {
    // Somebody else reads it.
  }
}

/** Reads a blob piece by piece: each is read when it is asked for, so the blob need not fit in memory. */
async function* blobPieces(blob: Blob): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < blob.size; at += CHUNK) {
    yield new Uint8Array(await blob.slice(at, at + CHUNK).arrayBuffer());
  }
}

/** A web stream's own iterator ends only after the read that is under way; its reader ends it. */
function readerOf(stream: ReadableStream<unknown>): AsyncIterator<unknown> {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    return: () => reader.cancel().then(() => ({ done: true, value: undefined })),
  };
}

/** Cuts pieces of bytes that are too long for one message. Streams of bytes have no pieces of their own. */
function inPieces(items: AsyncIterator<unknown>): AsyncIterator<unknown> {
  let rest: Uint8Array | undefined;
  const cut = (bytes: Uint8Array): IteratorResult<unknown> => {
    rest = bytes.length > CHUNK ? bytes.subarray(CHUNK) : undefined;
    return { done: false, value: bytes.subarray(0, CHUNK) };
  };
  return {
    async next(): Promise<IteratorResult<unknown>> {
      if (rest !== undefined) return cut(rest);
      const result = await items.next();
      return !result.done && result.value instanceof Uint8Array ? cut(result.value) : result;
    },
    return: (value) => items.return?.(value) ?? Promise.resolve({ done: true, value: undefined }),
  };
}
