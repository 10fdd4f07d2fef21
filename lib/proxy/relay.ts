/**
 * Passing bytes on between two streams.
 *
 * @module
 */

import { reasonOf } from "../base/file/reason.ts";
import { after } from "../base/abort.ts";
import { limits } from "../base/limits.ts";
import type { PeerStream } from "../transport/peer_stream.ts";

/** What was passed on. */
export interface Relayed {
  /** Bytes of the first stream that the second one took. */
  readonly bytesIn: number;
  /** Bytes of the second stream that the first one took. */
  readonly bytesOut: number;
  /** Why it ended before both sides had ended; absent where they had. */
  readonly fault?: string | undefined;
}

/**
 * Passes bytes on in both directions until both sides have ended. Where one side ends its input, the
 * other is told, and may go on sending. A side that takes nothing makes the other wait.
 *
 * @param near One stream; it is closed at the end.
 * @param far The other; it is closed at the end.
 * @param idleMs How long nothing may move in either direction, in milliseconds; `Infinity` for no end.
 * @returns How much, and why it ended. It never rejects.
 */
export async function relay(
  near: PeerStream,
  far: PeerStream,
  idleMs: number = limits.proxyIdleMs,
): Promise<Relayed> {
  const moved = { bytesIn: 0, bytesOut: 0 };
  let fault: string | undefined;
  const stop = (reason: string) => {
    fault ??= reason;
    near.cut(reason);
    far.cut(reason);
  };
  const idle = new IdleWatch(idleMs, () => stop(`nothing moved for ${idleMs} ms`));
  const pass = async (from: PeerStream, to: PeerStream, direction: keyof typeof moved) => {
    try {
      for await (const count of copy(from, to)) {
        moved[direction] += count;
        idle.moved();
      }
      await to.closeWrite();
    } catch (error) {
      stop(reasonOf(error));
    }
  };
  await Promise.all([pass(near, far, "bytesIn"), pass(far, near, "bytesOut")]);
  idle.stop();
  near.close();
  far.close();
  return { ...moved, fault };
}

/** Yields how many bytes each step has moved. */
async function* copy(from: PeerStream, to: PeerStream): AsyncGenerator<number> {
  const memory = new Uint8Array(limits.proxyReadBytes);
  for (let length = await from.read(memory); length !== null; length = await from.read(memory)) {
    let rest = memory.subarray(0, length);
    while (rest.length > 0) {
      const sent = await to.write(rest);
      rest = rest.subarray(sent);
      yield sent;
    }
  }
}

/** Notices that nothing has moved for a while, without a new timer for each byte. */
class IdleWatch {
  readonly #idleMs: number;
  readonly #onIdle: () => void;
  #hasMoved = false;
  #stopTimer: () => void;

  constructor(idleMs: number, onIdle: () => void) {
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
    this.#stopTimer = this.#start();
  }

  moved(): void {
    this.#hasMoved = true;
  }

  stop(): void {
    this.#stopTimer();
  }

  /** Looks after half of the time, so the end comes between one and one and a half of it. */
  #start(isSecondLook = false): () => void {
    if (this.#idleMs === Infinity) return () => {};
    return after(this.#idleMs / 2, () => {
      if (!this.#hasMoved && isSecondLook) return this.#onIdle();
      const isIdle = !this.#hasMoved;
      this.#hasMoved = false;
      this.#stopTimer = this.#start(isIdle);
    });
  }
}
