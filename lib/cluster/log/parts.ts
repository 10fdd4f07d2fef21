/**
 * Batches that are longer than one message: they go in parts, and hold with the last of them.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { Bytes } from "./seal.ts";

/** The number of a part, and how many there are: 16 bits each. */
const HEAD_BYTES = 4;

/** A batch of which not all parts have come. */
interface Waiting {
  readonly parts: Bytes[];
  length: number;
}

/**
 * Cuts a body into parts.
 *
 * @param body The body.
 * @param maxBytes The most bytes of a part.
 * @returns The parts, in order.
 */
export function cutIntoParts(body: Bytes, maxBytes: number): Bytes[] {
  const room = maxBytes - HEAD_BYTES;
  const total = Math.ceil(body.length / room);
  return Array.from({ length: total }, (_, index) => {
    const piece = body.subarray(index * room, (index + 1) * room);
    const part = new Uint8Array(HEAD_BYTES + piece.length);
    const view = new DataView(part.buffer);
    view.setUint16(0, index);
    view.setUint16(2, total);
    part.set(piece, HEAD_BYTES);
    return part;
  });
}

/** What came of batches whose last part has not come. */
export class Parts {
  readonly #waiting = new Map<string, Waiting>();

  /**
   * Takes a part.
   *
   * @param writer Its writer.
   * @param part The part.
   * @returns The whole body with the last part; `part` before it; `broken` where one is missing, so that
   * the batch does not hold.
   */
  take(writer: string, part: Bytes): Bytes | "part" | "broken" {
    if (part.length < HEAD_BYTES) return "broken";
    const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
    const [index, total] = [view.getUint16(0), view.getUint16(2)];
    const waiting = index === 0 ? { parts: [], length: 0 } : this.#waiting.get(writer);
    this.#waiting.delete(writer);
    const isLast = index + 1 === total;
    if (waiting?.parts.length !== index) return isLast ? "broken" : "part";
    waiting.parts.push(part.subarray(HEAD_BYTES));
    waiting.length += part.length - HEAD_BYTES;
    if (waiting.length > limits.maxStoreBatchBytes) return "broken";
    if (isLast) return joined(waiting);
    this.#waiting.set(writer, waiting);
    return "part";
  }

  /**
   * Forgets what came of a writer, or of all.
   *
   * @param writer The writer that wrote something else in between; all of them by default.
   */
  forget(writer?: string): void {
    if (writer === undefined) this.#waiting.clear();
    else this.#waiting.delete(writer);
  }
}

function joined({ parts, length }: Waiting): Bytes {
  const body = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}
