/**
 * Finds out that the other side takes nothing any more.
 *
 * @module
 */

import { TransportError } from "../../base/errors.ts";
import { sharedAfter } from "../../base/shared_after.ts";

/** What is watched. */
export interface Sending {
  /** Whether something waits for the other side to take it. */
  readonly isSending: boolean;
  /** A number that differs once the other side has taken something. */
  readonly progress: number;
}

/**
 * Looks from time to time whether the other side still takes something. The timer runs on while it
 * does, so that a write costs nothing here, and ends when it finds that nothing is being sent.
 */
export class StallWatch {
  readonly #sending: Sending;
  readonly #stalledMs: number;
  readonly #onStalled: (error: TransportError) => void;
  /** Ends the timer; set while it runs. */
  #stopTimer: (() => void) | undefined;

  /**
   * @param sending What is watched.
   * @param stalledMs How long the other side may take nothing, in milliseconds.
   * @param onStalled Told once that this time is over.
   */
  constructor(sending: Sending, stalledMs: number, onStalled: (error: TransportError) => void) {
    this.#sending = sending;
    this.#stalledMs = stalledMs;
    this.#onStalled = onStalled;
  }

  /** Watches from now on, unless it does already. */
  begin(): void {
    if (this.#stopTimer !== undefined) return;
    const { progress } = this.#sending;
    this.#stopTimer = sharedAfter(this.#stalledMs, () => {
      this.#stopTimer = undefined;
      if (!this.#sending.isSending) return;
      if (progress !== this.#sending.progress) return this.begin();
      this.#onStalled(stalled(this.#stalledMs));
    });
  }

  /** Stops watching. */
  end(): void {
    this.#stopTimer?.();
  }
}

function stalled(ms: number): TransportError {
  return new TransportError(
    "unavailable",
    `The other side took nothing of what waits for it for ${ms} ms`,
  );
}
