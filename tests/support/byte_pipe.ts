import { UnreadBytes } from "../../lib/base/bytes/unread_bytes.ts";
import type { ByteStream } from "../../lib/transport/stream_connection.ts";

/** One end of a pipe of bytes in memory. */
export interface PipeEnd extends ByteStream {
  /** Whether this end closed it. */
  readonly isClosed: boolean;
}

/** What happens to the bytes of one write on their way: what arrives of it, `null` for the end. */
export type Tap = (bytes: Uint8Array) => readonly (Uint8Array | null)[];

/**
 * Connects two ends, through somebody who may change what is sent.
 *
 * @param tap What becomes of the bytes that the first end writes. @default {they arrive}
 */
export function bytePipe(tap: Tap = (bytes) => [bytes]): [PipeEnd, PipeEnd] {
  const [there, back] = [new UnreadBytes(), new UnreadBytes()];
  return [endOf(back, there, tap), endOf(there, back, (bytes) => [bytes])];
}

function endOf(input: UnreadBytes, output: UnreadBytes, tap: Tap): PipeEnd {
  let isClosed = false;
  return {
    get isClosed() {
      return isClosed;
    },
    read: (into) => input.read(into),
    write(bytes) {
      if (isClosed || output.error !== undefined) return Promise.reject(new Error("it is closed"));
      for (const part of tap(bytes.slice())) {
        if (part === null) output.end();
        else if (!output.isEnded) output.push(part);
      }
      return Promise.resolve(bytes.length);
    },
    closeWrite() {
      output.end();
      return Promise.resolve();
    },
    close() {
      isClosed = true;
      output.end();
      input.end(new Error("it was closed"));
    },
  };
}
