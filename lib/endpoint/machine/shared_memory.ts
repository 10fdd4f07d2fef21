/**
 * Unix connections that move into memory, where this program may share memory.
 *
 * @module
 */

import type { BytesOf } from "../../transport/unix.ts";
import { canShareMemory } from "../../ipc/segment/sealed_memory.ts";
import { SharedStream } from "../../ipc/segment/shared_stream.ts";

/**
 * What carries the bytes of Unix connections.
 *
 * @param isWanted What the caller's option says.
 * @param offers Whether the connections were accepted here.
 * @returns `undefined` for the sockets themselves.
 */
export function bytesOfUnix(isWanted: boolean | undefined, offers: boolean): BytesOf | undefined {
  if (isWanted === false || !canShareMemory()) return undefined;
  return (conn) => new SharedStream(conn, offers);
}
