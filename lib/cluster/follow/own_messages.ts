/**
 * The messages of this program on their way into the shared log and back.
 *
 * A message is known to hold when this program reads it in the log. One that was lost is known as well:
 * as soon as a later one of this program is read, no server takes the earlier one any more.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Chain } from "../log/chain.ts";
import { NotAppended, type SharedLog } from "../log/log.ts";
import type { LogState } from "../log/log_state.ts";
import { cutIntoParts } from "../log/parts.ts";
import {
  type Bytes,
  type LogPoint,
  type MessageKind,
  type MessageSeal,
  POINT_BYTES,
  SEAL_BYTES,
} from "../log/seal.ts";
import { decidedOnAnother, notWritten, outcomeUnknown } from "./unwritten.ts";

/** What the messages go through. */
export interface OwnMessagesParts {
  /** The log. */
  readonly log: SharedLog;
  /** Seals them. */
  readonly seal: MessageSeal;
  /** The time. */
  readonly clock: Clock;
  /** The log as far as it was read; another one once it was read anew. */
  readonly state: () => LogState;
  /** Whether all who take part know points. */
  readonly allKnowPoints: () => boolean;
}

/** What became of a message; `broken` where it has to go again. */
export interface Outcome {
  readonly kind: string;
}

/** A message, or several that are one batch, of which the outcome is not known yet. */
interface Underway<T> {
  readonly kind: MessageKind;
  readonly bodies: readonly Bytes[];
  readonly bytes: number;
  /** When to give up. */
  readonly endsAtMs: number;
  /** Whether it goes again where it was lost. */
  isLasting: boolean;
  /** The log that it was decided on, and how far that had been read. */
  readonly chain: Chain;
  point: LogPoint;
  /** When it was sent last. */
  sentAtMs: number;
  readonly resolve: (taken: T) => void;
  readonly reject: (error: DariError) => void;
}

/** Sends messages, and tells what became of each. */
export class OwnMessages<T extends Outcome> {
  readonly #parts: OwnMessagesParts;
  /** By the count of their last part, in the order of the counts. */
  readonly #underway = new Map<number, Underway<T>>();
  /** What the log did not take; it goes again with the next look at the time. */
  readonly #refused = new Map<Underway<T>, NotAppended>();
  #bytes = 0;
  /** Ends once everything before it has left, so that messages leave in the order of their counts. */
  #leaving: Promise<unknown> = Promise.resolve();
  #freshAtMs = -Infinity;
  #lastSentAtMs = -Infinity;
  #ended: DariError | undefined;

  /**
   * @param parts What the messages go through.
   */
  constructor(parts: OwnMessagesParts) {
    this.#parts = parts;
  }

  /**
   * The moment up to which everything that any server had written is known to be read here: when the
   * newest message that came back was sent.
   */
  get freshAtMs(): number {
    return this.#freshAtMs;
  }

  /** When the last message was sent. */
  get lastSentAtMs(): number {
    return this.#lastSentAtMs;
  }

  /** When the message was sent whose outcome is waited for the longest. */
  get oldestAtMs(): number {
    const [oldest] = this.#underway.values();
    return oldest?.sentAtMs ?? Infinity;
  }

  /**
   * Sends a batch.
   *
   * @param body The batch.
   * @returns What became of it.
   * @throws {DariError} `unavailable` when it does not come back in time: it says whether the change may
   * hold nevertheless. `resource_exhausted` when it is too long.
   */
  write(body: Bytes): Promise<T> {
    if (body.length > limits.maxStoreBatchBytes) {
      const most = limits.maxStoreBatchBytes;
      const message =
        `A change of ${body.length} bytes is too long for the cluster (${most} at most)`;
      return Promise.reject(new DariError("resource_exhausted", message, { retryable: false }));
    }
    const maxBytes = this.#parts.log.maxMessageBytes - SEAL_BYTES - POINT_BYTES;
    if (body.length <= maxBytes) return this.#enter("batch", [body], true);
    return this.#enter("part", cutIntoParts(body, maxBytes), true);
  }

  /**
   * Sends another message.
   *
   * @param kind What it is.
   * @param body Its body.
   * @returns What became of it.
   * @throws {DariError} `unavailable` when it was lost, or does not come back in time.
   */
  send(kind: "beat" | "cut" | "mark", body: Bytes = new Uint8Array()): Promise<T> {
    return this.#enter(kind, [body], kind === "mark");
  }

  /**
   * Tells what became of a message of this program, which was read in the log.
   *
   * @param count Its count.
   * @param taken What became of it.
   */
  taken(count: number, taken: T): void {
    const lost: Underway<T>[] = [];
    for (const [each, message] of this.#underway) {
      if (each > count) break;
      this.#underway.delete(each);
      if (each === count) this.#freshAtMs = Math.max(this.#freshAtMs, message.sentAtMs);
      if (each === count && taken.kind !== "broken") this.#leave(message).resolve(taken);
      else lost.push(message);
    }
    for (const message of lost) this.#again(message);
  }

  /**
   * Hears that a message of this program was read and passed over, by everybody and for ever: it does not
   * say what log it was decided on, or that is another one, or as it was before the last cut.
   *
   * @param count Its count.
   */
  refused(count: number): void {
    const message = this.#underway.get(count);
    if (message === undefined) return;
    this.#underway.delete(count);
    if (message.chain !== this.#parts.state().chain) message.isLasting = false;
    this.#again(message, decidedOnAnother());
  }

  /** Nothing is known to be read any more: messages were missing. */
  stale(): void {
    this.#freshAtMs = -Infinity;
  }

  /**
   * What is under way was decided by a state that the log does not have: where it was lost, whoever asked
   * for it has to decide anew.
   */
  doubt(): void {
    for (const message of [...this.#underway.values(), ...this.#refused.keys()]) {
      message.isLasting = false;
    }
  }

  /**
   * Gives up what may or may not have been taken: the state was read anew.
   *
   * @param count The count of the last message that is in it.
   */
  forget(count: number): void {
    for (const [each, message] of this.#underway) {
      if (each > count) break;
      this.#underway.delete(each);
      this.#leave(message).reject(outcomeUnknown());
    }
  }

  /** Sends again what was refused, and gives up what has waited too long. */
  tick(): void {
    const now = this.#parts.clock.monotonic();
    for (const [each, message] of this.#underway) {
      if (now < message.endsAtMs) continue;
      this.#underway.delete(each);
      this.#leave(message).reject(outcomeUnknown());
    }
    const refused = [...this.#refused];
    this.#refused.clear();
    for (const [message, error] of refused) this.#again(message, error);
  }

  /**
   * Gives everything up.
   *
   * @param error Why; later messages are refused with it.
   */
  end(error: DariError): void {
    this.#ended = error;
    for (const message of [...this.#underway.values(), ...this.#refused.keys()]) {
      this.#leave(message).reject(error);
    }
    this.#underway.clear();
    this.#refused.clear();
  }

  #enter(kind: MessageKind, bodies: readonly Bytes[], isLasting: boolean): Promise<T> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
    const waiting = this.#underway.size + this.#refused.size;
    if (
      kind !== "beat" && waiting > 0 && (waiting >= limits.maxStoreWritesWaiting ||
        this.#bytes + bytes > limits.maxStoreWaitingBytes)
    ) return Promise.reject(new NotAppended("too many changes wait for it"));
    this.#bytes += bytes;
    const endsAtMs = this.#parts.clock.monotonic() + limits.storeWriteTimeoutMs;
    const { chain } = this.#parts.state();
    const about = { kind, bodies, bytes, endsAtMs, isLasting, chain, point: chain.point };
    return new Promise((resolve, reject) => {
      this.#go({ ...about, sentAtMs: 0, resolve, reject });
    });
  }

  /** Sends a message that is not under way. */
  #go(message: Underway<T>): void {
    const { log, seal, clock } = this.#parts;
    message.sentAtMs = this.#lastSentAtMs = clock.monotonic();
    const point = this.#pointOf(message);
    const { sequence } = this.#parts.state();
    const sealed = message.bodies.map((body) => seal.seal(message.kind, body, sequence, point));
    const count = sealed.at(-1)!.count;
    this.#underway.set(count, message);
    const place = message.kind === "mark" ? "mark" : "live";
    for (const { sealed: bytes } of sealed) {
      this.#leaving = this.#leaving.then(async () => {
        const data = await bytes;
        if (this.#ended !== undefined) return;
        log.append(place, data).catch((error) => this.#refuse(count, error));
      });
    }
  }

  /**
   * What is said of the log that a message was decided on: as far as that has been read by now, where it
   * is still followed. After it was read anew it may have become another one, and then everybody passes
   * the message over.
   */
  #pointOf(message: Underway<T>): LogPoint | undefined {
    const { chain } = this.#parts.state();
    if (message.chain === chain) message.point = chain.point;
    return chain.isInForce || this.#parts.allKnowPoints() ? message.point : undefined;
  }

  #refuse(count: number, error: unknown): void {
    const message = this.#underway.get(count);
    // Whatever else went wrong: whether it is in the log is seen in the log.
    if (message === undefined || !(error instanceof NotAppended)) return;
    this.#underway.delete(count);
    this.#refused.set(message, error);
  }

  /** What was certainly not taken. */
  #again(message: Underway<T>, error: DariError = notWritten()): void {
    if (message.isLasting && this.#parts.clock.monotonic() < message.endsAtMs) this.#go(message);
    else this.#leave(message).reject(error);
  }

  #leave(message: Underway<T>): Underway<T> {
    this.#bytes -= message.bytes;
    return message;
  }
}
