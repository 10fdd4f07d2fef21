/**
 * A server that takes part in a log: it follows it, writes to it, knows how old its state may be, and
 * makes snapshots. What the state is, is the caller's.
 *
 * @module
 */

import { delay } from "../../base/abort.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { FIRST_FORM } from "../log/body.ts";
import type { LogMessage } from "../log/log.ts";
import type { LogState } from "../log/log_state.ts";
import { type Bytes, MessageOpener, MessageSeal, type OpenedMessage } from "../log/seal.ts";
import { Agreement } from "./agreement.ts";
import { Forms } from "./forms.ts";
import { Follower, type LogFold } from "./follower.ts";
import { OwnMessages } from "./own_messages.ts";
import type { ParticipantOptions, ParticipantParts, TakenStep } from "./participant_parts.ts";
import { Snapshotter } from "./snapshotter.ts";

/** Takes part in a log. */
export class Participant<S extends LogFold<T>, T extends TakenStep> {
  readonly own: OwnMessages<T>;
  /** This program's name as a writer. */
  readonly writer: string;
  readonly #options: ParticipantOptions;
  readonly #parts: ParticipantParts<S, T>;
  readonly #clock: Clock;
  readonly #forms: Forms;
  readonly #follower: Follower<S, T>;
  readonly #snapshotter: Snapshotter<T>;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Why nothing is served any more. */
  #ended: DariError | undefined;
  /** Whether it was told that changes may be missed. */
  #isStale = true;
  #beatAtMs = -Infinity;
  readonly #agreement = new Agreement();

  /**
   * @param options The log, and the key of what is in it.
   * @param parts The state.
   */
  constructor(options: ParticipantOptions, parts: ParticipantParts<S, T>) {
    const { log, clock = systemClock, random, key, service } = options;
    const sealing = { key, service, kind: parts.kind };
    const seal = new MessageSeal(sealing);
    const opener = new MessageOpener(sealing);
    this.#options = options;
    this.#parts = parts;
    this.#clock = clock;
    const { understands = FIRST_FORM } = options;
    this.#forms = new Forms(understands, () => clock.monotonic());
    this.writer = seal.writer;
    this.own = new OwnMessages({
      ...{ log, seal, clock },
      state: () => this.#log,
      allKnowPoints: () => this.#forms.allKnowPoints,
    });
    const { onFailure } = parts;
    this.#snapshotter = new Snapshotter({
      ...{ log, seal, own: this.own, random, onFailure },
      bytes: () => parts.bytesOf(this.state),
    });
    this.#follower = new Follower({
      ...{ log, opener, onFailure, now: () => clock.monotonic() },
      read: () => parts.read(opener),
      onTaken: (taken, message, at) => this.#onTaken(taken, message, at),
      onGap: (reason) => this.#onGap(reason),
      onReread: () => this.#onReread(),
      onEnd: (error) => this.#end(error),
    }, parts.state);
  }

  /** The newest form of records that all who take part in the log understand. */
  get form(): number {
    return this.#forms.common;
  }

  /** The state after the last message that was taken. */
  get state(): S {
    return this.#follower.state;
  }

  get #log(): LogState {
    return this.#parts.logOf(this.state);
  }

  /**
   * Reads all that was written before, and follows from then on.
   *
   * @throws {DariError} `unavailable` when the log cannot be read or written, `configuration` when a newer
   * dari writes to it.
   */
  async start(): Promise<void> {
    await this.#untilAvailable(() => this.#follower.start());
    this.#timer = setInterval(() => this.#tick(), limits.storeTickMs);
    Deno.unrefTimer(this.#timer);
    try {
      await this.#untilAvailable(() => this.#sendBeat());
    } catch (error) {
      // Whether the last sign of life was written is of no interest.
      const isUnknown = error instanceof DariError && error.code === "unavailable" &&
        !error.retryable;
      throw isUnknown ? notReached() : error;
    }
    this.#isStale = false;
  }

  /**
   * Writes a batch.
   *
   * @param body The batch.
   * @returns What became of it.
   * @throws {DariError} As {@linkcode OwnMessages.write}.
   */
  write(body: Bytes): Promise<T> {
    return this.own.write(body);
  }

  /** Has a snapshot made, for instance after much was written at once. */
  compact(): void {
    this.#snapshotter.announce();
  }

  /**
   * Refuses what decides by a state that may be too old.
   *
   * @throws {DariError} `unavailable` past the bound; the reason of the end once it has ended.
   */
  checkFresh(): void {
    this.checkOpen();
    if (this.#isTooOld()) throw notReached();
  }

  /** Tells at once that what is known has become too old, or is young enough again. */
  look(): void {
    if (this.#ended !== undefined || this.#isTooOld() === this.#isStale) return;
    this.#isStale = !this.#isStale;
    if (this.#isStale) this.#parts.onReset();
    this.#options.onFresh?.(!this.#isStale);
  }

  /**
   * @throws {DariError} The reason of the end once it has ended.
   */
  checkOpen(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  /** Ends it; resolves once no message is being taken any more. */
  async close(error: DariError): Promise<void> {
    this.#stop(error);
    await this.#follower.idle();
  }

  /**
   * While a leader of the log is elected nothing can be read or written. Whoever has much to read is
   * not given up as long as something of it comes.
   */
  async #untilAvailable(work: () => Promise<unknown>): Promise<void> {
    const { timeoutMs = limits.storeOpenTimeoutMs } = this.#options;
    const begunAtMs = this.#clock.monotonic();
    const endsAtMs = () => Math.max(begunAtMs, this.#follower.takenAtMs) + timeoutMs;
    while (true) {
      try {
        return void await work();
      } catch (error) {
        const isPassing = error instanceof DariError && error.code === "unavailable" &&
          this.#ended === undefined;
        if (!isPassing || this.#clock.monotonic() >= endsAtMs()) throw error;
      }
      await delay(limits.storeTickMs);
    }
  }

  #onTaken(taken: T, message: OpenedMessage | undefined, at: LogMessage): void {
    const isPassed = taken.kind === "passed";
    if (message !== undefined && !isPassed) this.#forms.hear(message);
    const isOwn = message?.writer === this.writer;
    this.#parts.onTaken(taken, at, isOwn && !isPassed);
    if (message === undefined) return;
    const { point } = message;
    if (!isOwn && point !== undefined && (!isPassed || taken.reason === "astray")) {
      this.#agreement.hear(point, !isPassed, this.#clock.monotonic());
    }
    if (isPassed) return this.#onPassed(message, taken);
    if (!isOwn) return;
    if (this.#agreement.isOpen) return this.own.forget(message.count);
    if (taken.kind === "cut" && taken.isTaken) {
      this.#snapshotter.make(() => this.#parts.snapshot(this.state));
    }
    this.own.taken(message.count, taken);
  }

  /** A message was passed over: where it is of this server, it goes again. */
  #onPassed({ writer, count }: OpenedMessage, { reason }: T): void {
    const isForEver = this.#log.chain.isInForce && (reason === "late" || reason === "astray");
    if (writer === this.writer && isForEver) this.own.refused(count);
  }

  #onGap(reason: "missing" | "spoiled"): void {
    this.#forms.forget();
    this.#agreement.forget();
    this.own.stale();
    if (reason === "spoiled") this.own.doubt();
  }

  #onReread(): void {
    this.own.forget(this.#log.countOf(this.writer));
    this.#parts.onReset();
    this.#beat();
  }

  #tick(): void {
    const now = this.#clock.monotonic();
    this.own.tick();
    this.look();
    // A program that writes all the time says as well what it understands.
    const isDue = now - this.own.lastSentAtMs >= limits.storeBeatMs ||
      now - this.#beatAtMs >= limits.storeFormMs;
    if (isDue) this.#beat();
    if (this.#agreement.isLost(now)) this.#follower.doubt();
    this.#follower.look(this.own.oldestAtMs);
    if (!this.#isStale && this.#parts.isDue(this.state, this.#clock.now())) this.#snapshotter.due();
  }

  #beat(): void {
    this.#sendBeat().catch(() => {}); // what it tells is how old the state is
  }

  #sendBeat(): Promise<T> {
    this.#beatAtMs = this.#clock.monotonic();
    return this.own.send("beat", this.#forms.beat);
  }

  /**
   * Whether what is known is too old, or is before it is asked again: what was decided by it ends with
   * a look or with the next check of a credential, and has to end within the bound.
   */
  #isTooOld(): boolean {
    const { maxStalenessMs = limits.maxStoreStalenessMs } = this.#options;
    const ageMs = this.#clock.monotonic() - this.own.freshAtMs;
    const untilAskedMs = Math.max(limits.storeTickMs, limits.recheckMs);
    return !this.#follower.isWhole || ageMs > maxStalenessMs - untilAskedMs;
  }

  /** A newer dari writes to the log: nothing that it says may be guessed at. */
  #end(error: DariError): void {
    this.#stop(error);
    this.#parts.onReset();
    this.#options.onLost?.(error);
  }

  #stop(error: DariError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    clearInterval(this.#timer);
    this.#follower[Symbol.dispose]();
    this.own.end(error);
  }
}

function notReached(): DariError {
  return new DariError(
    "unavailable",
    "The cluster cannot be reached: too few NATS servers are up, or this server is cut off",
    { retryAfterMs: limits.storeRetryAfterMs },
  );
}
