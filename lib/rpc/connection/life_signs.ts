/**
 * Finds out that the other side is silent while calls wait for it.
 *
 * @module
 */

import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { sharedAfter } from "../../base/shared_after.ts";

/** How long a peer may be silent. */
export interface LifeSignOptions {
  /**
   * A peer that sends nothing for this long while calls wait for it is asked for a sign of life, in
   * milliseconds; `Infinity` for never, and then it is not cut for its silence either.
   *
   * @default {500}
   */
  readonly lifeSignMs?: number | undefined;
  /**
   * A peer that sends nothing for this long while calls wait for it is cut, in milliseconds; `Infinity`
   * for never. A peer whose handlers keep its thread busy for longer needs more, or a pool of workers.
   *
   * @default {10_000}
   */
  readonly silentPeerMs?: number | undefined;
}

/** The same with its defaults. */
export interface LifeSignTimes {
  /** When a silent peer is asked, in milliseconds. */
  readonly lifeSignMs: number;
  /** When it is cut, in milliseconds. */
  readonly silentPeerMs: number;
}

/** The connection that is watched. */
export interface Watched {
  /** Whether no call waits. */
  readonly isIdle: boolean;
  /** A number that differs once a byte has come. */
  readonly heard: number;
  /** Whether a whole message has come. */
  readonly hasMessage: boolean;
  /** Whether this side does not read at the moment. */
  readonly isDeaf: boolean;
  /** Whether something waits for the other side to take it. */
  readonly isSending: boolean;
  /** A number that differs once the other side has taken something. */
  readonly progress: number;
  /** Called when a call begins to wait; set while nothing is watched. */
  onWait: (() => void) | undefined;
  /** Asks for a sign of life. Resolves when it has come, or never will. */
  ping(): Promise<void>;
  /** Pings were not answered: told again each time until something comes. */
  doubted(): void;
  /** It was silent for too long. */
  lost(error: TransportError): void;
}

/**
 * Looks at a connection every `lifeSignMs` while calls wait on it, and sooner once it has asked. It adds
 * up the pauses between looks in a row that have heard nothing: that instead of the clock keeps a
 * program that was stopped, or busy, from taking its own absence for the other side's.
 *
 * Invariant: the timer runs, or `onWait` is set, from `begin` to `end`, and from `expect` to the first
 * message.
 */
export class LifeSigns {
  readonly #watched: Watched;
  readonly #times: LifeSignTimes;
  readonly #after: typeof sharedAfter;
  readonly #watch = () => {
    this.#watched.onWait = undefined;
    this.#note();
    this.#silentMs = 0;
    this.#wait(this.#times.lifeSignMs);
  };
  #heard = 0;
  #progress = 0;
  #silentMs = 0;
  /** How long the timer runs. */
  #waitMs = 0;
  #unanswered = 0;
  #isBegun = false;
  /** Whether nothing has come yet, and no promise that pings are answered. */
  #isExpecting = false;
  #isEnded = false;
  /** Ends the timer; set while it runs. */
  #stopTimer: (() => void) | undefined;

  /**
   * @param watched The connection.
   * @param times When it is asked, and when it is cut.
   * @param after Calls back after a time.
   */
  constructor(watched: Watched, times: LifeSignTimes, after: typeof sharedAfter = sharedAfter) {
    this.#watched = watched;
    this.#times = times;
    this.#after = after;
  }

  /**
   * Watches for the first message, since the other side was asked what it knows: a connection that broke
   * before the answer, or in the middle of it, is cut too, and nothing more is asked on it.
   */
  expect(): void {
    if (this.#isBegun || this.#isEnded || this.#times.lifeSignMs === Infinity) return;
    this.#isExpecting = true;
    this.#watch();
  }

  /** Watches from now on, unless it does already: the other side has promised to answer. */
  begin(): void {
    if (this.#isBegun || this.#isEnded || this.#times.lifeSignMs === Infinity) return;
    this.#isBegun = true;
    this.#isExpecting = false;
    this.#stopTimer?.();
    if (this.#watched.isIdle) this.#watched.onWait = this.#watch;
    else this.#watch();
  }

  /** Watches no more. */
  end(): void {
    this.#isEnded = true;
    this.#watched.onWait = undefined;
    this.#stopTimer?.();
  }

  #wait(ms: number): void {
    this.#waitMs = ms;
    this.#stopTimer = this.#after(ms, () => this.#look());
  }

  #look(): void {
    const watched = this.#watched;
    if (watched.isIdle) {
      watched.onWait = this.#watch;
      return;
    }
    if (this.#isExpecting && watched.hasMessage) return void (this.#isExpecting = false);
    const { lifeSignMs, silentPeerMs } = this.#times;
    this.#silentMs = this.#isSilent() ? this.#silentMs + this.#waitMs : 0;
    this.#note();
    if (this.#silentMs >= silentPeerMs) return watched.lost(silent(silentPeerMs));
    let nextMs = lifeSignMs;
    if (this.#silentMs > 0 && !this.#isExpecting) {
      if (this.#unanswered < limits.maxUnansweredPings) {
        this.#ping();
        nextMs *= limits.askedLookShare;
      } else watched.doubted();
    }
    if (!this.#isEnded) this.#wait(nextMs);
  }

  /** A peer that still takes a long message cannot answer behind it. */
  #isSilent(): boolean {
    const { heard, isDeaf, isSending, progress } = this.#watched;
    return heard === this.#heard && !isDeaf && !(isSending && progress !== this.#progress);
  }

  #note(): void {
    this.#heard = this.#watched.heard;
    this.#progress = this.#watched.progress;
  }

  #ping(): void {
    this.#unanswered++;
    this.#watched.ping().then(() => this.#unanswered--);
  }
}

/**
 * Reads how long a peer may be silent.
 *
 * @param options What was asked for.
 * @returns The times.
 * @throws {RangeError} For times that are too short, or no numbers.
 */
export function lifeSignTimes(options: LifeSignOptions): LifeSignTimes {
  const { lifeSignMs = limits.lifeSignMs, silentPeerMs = limits.silentPeerMs } = options;
  if (!(lifeSignMs >= limits.minLifeSignMs)) {
    const least = `at least ${limits.minLifeSignMs}, or Infinity for no signs of life`;
    throw new RangeError(`lifeSignMs is ${lifeSignMs}; it must be ${least}`);
  }
  if (!(silentPeerMs >= Math.min(lifeSignMs, limits.silentPeerMs))) {
    throw new RangeError(`silentPeerMs is ${silentPeerMs}; it must be at least lifeSignMs`);
  }
  return { lifeSignMs, silentPeerMs };
}

function silent(ms: number): TransportError {
  return new TransportError(
    "unavailable",
    `The other side sent nothing for ${ms} ms while calls waited for it`,
  );
}
