/**
 * The end of a connection that one of its ends has announced: what runs is finished, and new calls go
 * over another connection.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import { TransportError } from "../../base/errors.ts";
import { DRAIN, drainParams, readDrain } from "../../protocol/drain.ts";
import type { Caller } from "../call/caller.ts";
import type { Agreement } from "../peer/agreement.ts";
import type { MessageRouter } from "./message_router.ts";

/** The parts of a connection that drain. */
export interface DrainingParts {
  /** Says whether both ends know `rpc.drain`. */
  readonly agreement: Pick<Agreement, "has">;
  /** Calls the other side. */
  readonly caller: Pick<Caller, "isStopped" | "notify" | "ping" | "stop">;
  /** Serves the other side's calls. */
  readonly router: Pick<MessageRouter, "stop">;
}

/** Says that this side goes away, and hears that the other one does. */
export class Draining {
  readonly #parts: DrainingParts;
  /** Made by the first `say`. */
  #said: Promise<void> | undefined;
  /** Whether the other side has said it. */
  #isHeard = false;
  /** Ends the timer of the other side's grace; set while it runs. */
  #stopTimer: (() => void) | undefined;

  /** @param parts The parts of the connection. */
  constructor(parts: DrainingParts) {
    this.#parts = parts;
  }

  /** Whether the other side is to be told: it knows the notification, and does not go away itself. */
  get isWanted(): boolean {
    const { agreement, caller } = this.#parts;
    return agreement.has("drain") && !caller.isStopped;
  }

  /**
   * Tells the other side, once, that this one goes away.
   *
   * @param graceMs How long its calls are still served, in milliseconds.
   * @returns Once everything has arrived that the other side sent before it knew: lines keep their
   * order, so that is when it has answered a ping behind the notification.
   */
  say(graceMs: number): Promise<void> {
    const { caller } = this.#parts;
    if (this.#said === undefined) {
      caller.notify(DRAIN, drainParams(graceMs));
      this.#said = caller.ping();
    }
    return this.#said;
  }

  /**
   * The other side goes away. It gets no more calls of ours; its own are served for as long as it
   * said, and refused after that.
   *
   * @param params What it said; ignored for a second time and without an agreement.
   */
  hear(params: unknown): void {
    const { agreement, caller, router } = this.#parts;
    if (this.#isHeard || !agreement.has("drain")) return;
    this.#isHeard = true;
    this.#stopTimer = after(readDrain(params), () => router.stop(), { persistent: false });
    caller.stop(goingAway());
  }

  /** The connection has ended. */
  end(): void {
    this.#stopTimer?.();
  }
}

/**
 * The error of a call that is not made, since the other side goes away.
 *
 * @returns The error.
 */
export function goingAway(): TransportError {
  const message = "The other side is going away and takes no more calls on this connection";
  return new TransportError("unavailable", message);
}
