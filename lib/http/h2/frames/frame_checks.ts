/**
 * What holds for frames of one type, whatever the connection is doing.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9113#section-6 | RFC 9113}, section 6
 * @module
 */

import { CODE, ConnectionFault, type Frame, read31, StreamFault } from "./frame.ts";

/**
 * Refuses a frame that belongs to no stream.
 *
 * @param id Its stream.
 * @throws {ConnectionFault} For none.
 */
export function needsStream(id: number): void {
  if (id === 0) throw new ConnectionFault(CODE.protocolError, "A frame has no stream");
}

/**
 * Refuses a frame of the connection that names a stream.
 *
 * @param id Its stream.
 * @throws {ConnectionFault} For any.
 */
export function needsConnection(id: number): void {
  if (id === 0) return;
  throw new ConnectionFault(CODE.protocolError, "A frame of the connection names a stream");
}

/**
 * Refuses a frame of another length.
 *
 * @param payload Its payload.
 * @param length How many bytes it has to have.
 * @throws {ConnectionFault} For another number.
 */
export function needsLength(payload: Uint8Array, length: number): void {
  if (payload.length === length) return;
  throw new ConnectionFault(CODE.frameSizeError, `A frame has ${payload.length} bytes`);
}

/**
 * Checks a priority, which nothing is done with (section 5.3.2).
 *
 * @param frame A PRIORITY frame.
 * @throws {StreamFault} For one that cannot be.
 */
export function checkPriority({ id, payload }: Frame): void {
  if (payload.length !== 5) throw new StreamFault(CODE.frameSizeError, "PRIORITY has 5 bytes");
  if (read31(payload, 0) !== id) return;
  throw new StreamFault(CODE.protocolError, "A stream depends on itself");
}

/**
 * Reads a window update (section 6.9).
 *
 * @param frame A WINDOW_UPDATE frame.
 * @returns How much more the client takes.
 * @throws {ConnectionFault} For nothing, on the connection.
 * @throws {StreamFault} For nothing, on a stream.
 */
export function windowIncrement({ id, payload }: Frame): number {
  needsLength(payload, 4);
  const bytes = read31(payload, 0);
  if (bytes > 0) return bytes;
  const Fault = id === 0 ? ConnectionFault : StreamFault;
  throw new Fault(CODE.protocolError, "A window grows by nothing");
}
