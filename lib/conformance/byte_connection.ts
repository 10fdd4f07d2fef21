/**
 * A connection under test over anything that reads and writes bytes: a socket, or a child process'
 * standard streams.
 *
 * @module
 */

import { limits } from "../base/limits.ts";
import type { PeerConnection } from "./dialogue.ts";

const { conformanceReadBytes: READ_BYTES } = limits;

/** The part of `Deno.Conn` that is needed. */
export interface ByteConn {
  /** Reads into the memory; gives the number of bytes, or `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes and gives their number. */
  write(bytes: Uint8Array): Promise<number>;
  /** Ends the writing side. */
  closeWrite(): Promise<void>;
  /** Ends both sides. */
  close(): void;
}

/**
 * Puts a socket under test.
 *
 * @param conn The socket, connected.
 * @returns The connection for the runner, which closes the socket.
 */
export function byteConnection(conn: ByteConn): PeerConnection {
  return {
    async write(bytes) {
      for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
    },
    async read() {
      const memory = new Uint8Array(READ_BYTES);
      const length = await conn.read(memory);
      return length === null ? null : memory.subarray(0, length);
    },
    endSending: () => conn.closeWrite(),
    close() {
      try {
        conn.close();
      } catch {
        // The peer's end had closed it.
      }
    },
  };
}
