/**
 * A long body for Deno.serve, which says of a body that it was given whole neither when it has left nor
 * that its reader takes nothing.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { sharedAfter } from "../../base/shared_after.ts";

const { maxHttpPieceBytes: PIECE_BYTES } = limits;

/** What is done as a body leaves. */
export interface PacedBodyOptions {
  /** Called once the last piece was taken, or nobody reads on. */
  readonly onEnd: () => void;
  /** Time after which a body is given up whose reader takes nothing, in milliseconds. */
  readonly stalledPeerMs: number;
  /** Calls back once after a time. @default {sharedAfter} */
  readonly schedule?: typeof sharedAfter | undefined;
}

/**
 * Makes a body that is taken piece by piece.
 *
 * @param bytes The body.
 * @param options What is done as it leaves.
 * @returns The stream.
 */
export function pacedBody(
  bytes: Uint8Array<ArrayBuffer>,
  { onEnd, stalledPeerMs, schedule = sharedAfter }: PacedBodyOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  let forgetTimer = () => {};
  const end = () => {
    forgetTimer();
    onEnd();
  };
  const watch = (controller: ReadableStreamDefaultController) => {
    forgetTimer();
    forgetTimer = schedule(stalledPeerMs, () => {
      controller.error(new Error(`The client took nothing of the reply for ${stalledPeerMs} ms`));
      onEnd();
    });
  };
  return new ReadableStream({
    start: watch,
    pull(controller) {
      watch(controller);
      controller.enqueue(bytes.subarray(at, at + PIECE_BYTES));
      at += PIECE_BYTES;
      if (at < bytes.length) return;
      controller.close();
      end();
    },
    cancel: end,
  }, { highWaterMark: 0 });
}
