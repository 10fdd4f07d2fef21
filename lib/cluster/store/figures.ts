/**
 * Figures of the shared store.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { LogMessage } from "../log/log.ts";
import type { SharedState, Taken } from "../fold/state.ts";
import type { OwnMessages } from "../follow/own_messages.ts";
import type { PassedReason } from "../log/log_state.ts";

/** Figures of the shared store. */
export interface ClusterStoreFigures {
  /** How old what is known may be, in milliseconds. */
  readonly stalenessMs: number;
  /** How long after a message was in the log it was taken here, of the last one, in milliseconds. */
  readonly lagMs: number;
  /** The last message of the log that was looked at. */
  readonly sequence: number;
  /** How many entries there are. */
  readonly entries: number;
  /** Messages that were passed over, by the reason. */
  readonly passed: Readonly<Record<PassedReason, number>>;
  /** The newest form of records that all servers understand: newer ones are not written yet. */
  readonly form: number;
  /** Batches that held, and that did not. */
  readonly batches: Readonly<Record<"written" | "conflict", number>>;
}

/** Counts what is taken from the log. */
export class Figures implements ClusterStoreFigures {
  readonly passed = { forged: 0, repeated: 0, late: 0, astray: 0 };
  readonly batches = { written: 0, conflict: 0 };
  readonly #parts: FiguresParts;
  #lagMs = 0;

  /**
   * @param parts Where the figures come from.
   */
  constructor(parts: FiguresParts) {
    this.#parts = parts;
  }

  get stalenessMs(): number {
    return this.#parts.clock.monotonic() - this.#parts.own.freshAtMs;
  }

  get lagMs(): number {
    return this.#lagMs;
  }

  get sequence(): number {
    return this.#parts.state().sequence;
  }

  get entries(): number {
    return this.#parts.state().entries.size;
  }

  get form(): number {
    return this.#parts.form();
  }

  /**
   * Counts a message.
   *
   * @param taken What became of it.
   * @param at Where and when the log got it.
   */
  count(taken: Taken, { atMs }: LogMessage): void {
    this.#lagMs = Math.max(0, this.#parts.clock.now() - atMs);
    if (taken.kind === "passed") this.passed[taken.reason]++;
    else if (taken.kind === "written" || taken.kind === "conflict") this.batches[taken.kind]++;
  }
}

/** Where the figures come from. */
interface FiguresParts {
  readonly clock: Clock;
  readonly own: OwnMessages<Taken>;
  readonly state: () => SharedState;
  readonly form: () => number;
}
