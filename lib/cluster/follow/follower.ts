/**
 * The state of this server: read from a snapshot, or as it was kept, and then brought up to date by the
 * log.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { anotherKey, newerWriter } from "../log/body.ts";
import type { LogMessage, SharedLog } from "../log/log.ts";
import type { MessageOpener, OpenedMessage } from "../log/seal.ts";
import type { Outcome } from "./own_messages.ts";

/** What a server makes of a log. */
export interface LogFold<T extends Outcome> {
  /** The last message that was looked at. */
  readonly sequence: number;
  /**
   * Takes a message of the log.
   *
   * @param message What the seal gave; `undefined` for what no server wrote.
   * @param sequence Its number in the log.
   * @param atMs When the log got it, in milliseconds since the epoch.
   * @returns What became of it: `gap` where messages before it are missing, `newer` where a newer dari
   * wrote it.
   */
  take(message: OpenedMessage | undefined, sequence: number, atMs: number): T | Promise<T>;
  /** Gives up what takes memory: it is about to be read anew, and nobody reads it meanwhile. */
  clear?(): void;
  /** Hears that it took what the log does not have, so that it is to be read anew from a snapshot. */
  spoil?(): void;
}

/** What a follower works with. */
export interface FollowerParts<S extends LogFold<T>, T extends Outcome> {
  /** The log. */
  readonly log: SharedLog;
  /** Opens messages. */
  readonly opener: MessageOpener;
  /**
   * Reads the state from which the log is followed.
   *
   * @throws {DariError} `unavailable` when it cannot be read now.
   */
  readonly read: () => Promise<S>;
  /** The time, in milliseconds. */
  readonly now: () => number;
  /** Hears of each message that was taken, or passed over. */
  readonly onTaken: (taken: T, message: OpenedMessage | undefined, at: LogMessage) => void;
  /**
   * Hears that messages were missing, or that the log does not have what was taken: the state is wrong
   * until it was read anew.
   */
  readonly onGap: (reason: "missing" | "spoiled") => void;
  /** Hears why a message could not be taken; it is tried again. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
  /** Hears that it was read anew. */
  readonly onReread: () => void;
  /** Hears why the log cannot be followed any more. */
  readonly onEnd: (error: DariError) => void;
}

/** Follows the log. */
export class Follower<S extends LogFold<T>, T extends Outcome> implements Disposable {
  readonly #parts: FollowerParts<S, T>;
  #state: S;
  #following: Disposable | undefined;
  /** Grows each time the log is followed anew, so that what was under way before is not taken. */
  #round = 0;
  /** The last message that was taken, and when. */
  #last: { readonly message: LogMessage; readonly takenAtMs: number } | undefined;
  /** Ends once every message that came was taken. */
  #taking: Promise<void> = Promise.resolve();
  /** When the log was followed last, and how long nothing may be taken before it is followed anew. */
  #followedAtMs = -Infinity;
  #pauseMs: number = limits.storeFollowAgainMs;
  #isEnded = false;
  #isWhole = false;
  /** Ends once the state was read, or could not be. */
  #reading: Promise<void> | undefined;

  /**
   * @param parts What it works with.
   * @param state The state before anything was read.
   */
  constructor(parts: FollowerParts<S, T>, state: S) {
    this.#parts = parts;
    this.#state = state;
  }

  /** The state after the last message that was taken. */
  get state(): S {
    return this.#state;
  }

  /** When a message was taken last, in milliseconds of `now`; `-Infinity` where none was yet. */
  get takenAtMs(): number {
    return this.#last?.takenAtMs ?? -Infinity;
  }

  /** Whether no message is missing before the last one that was taken. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /**
   * Reads the state, and begins to follow the log.
   *
   * @throws {DariError} `unavailable` when the log cannot be read, `data` when its beginning is gone.
   */
  async start(): Promise<void> {
    this.#round++;
    const reading = this.#read();
    this.#reading = reading.catch(() => {});
    try {
      await reading;
    } finally {
      this.#reading = undefined;
    }
    this.#follow();
  }

  /**
   * Follows the log anew where a message of this server does not come back, and nothing else comes. As
   * long as something is taken the log is read, however long that takes; and each time that it is
   * followed anew in vain it has longer for its answer.
   *
   * @param sentAtMs When the message was sent that is waited for the longest.
   */
  look(sentAtMs: number): void {
    const now = this.#parts.now();
    const { takenAtMs } = this;
    if (takenAtMs > this.#followedAtMs) this.#pauseMs = limits.storeFollowAgainMs;
    if (now - Math.max(sentAtMs, takenAtMs, this.#followedAtMs) < this.#pauseMs) return;
    this.#pauseMs = Math.min(2 * this.#pauseMs, limits.storeAskTimeoutMs);
    this.#followedAtMs = now;
    this.#again();
  }

  /** Reads all anew: what was taken is not what the log has. */
  doubt(): void {
    if (!this.#isWhole) return; // it is being read
    this.#state.spoil?.();
    this.#onGap("spoiled");
  }

  #again(): void {
    if (this.#reading !== undefined) return;
    if (this.#isWhole) this.#follow();
    else this.#reread();
  }

  /** Resolves once no message is being taken any more, after this was disposed. */
  async idle(): Promise<void> {
    await this.#taking;
    await this.#reading;
  }

  async #read(): Promise<void> {
    await this.#taking;
    this.#last = undefined;
    this.#isWhole = false;
    this.#state.clear?.();
    this.#state = await this.#readState();
    this.#isWhole = true;
  }

  /** Messages are removed once a snapshot has what they say: without one, none may be missing. */
  async #readState(): Promise<S> {
    const { log, read } = this.#parts;
    const state = await read();
    if (state.sequence > 0 || (await log.ends()).first <= 1) return state;
    const again = await read(); // the first snapshots may have been made in between
    if (again.sequence > 0) return again;
    throw new DariError(
      "data",
      "Messages were removed from the cluster's stream: what was written or revoked there is not known " +
        "any more. Restore the stream from a copy",
    );
  }

  #follow(): void {
    if (this.#isEnded) return;
    this.#followedAtMs = this.#parts.now();
    const round = ++this.#round;
    this.#following?.[Symbol.dispose]();
    this.#following = this.#parts.log.follow(this.#state.sequence, (message) => {
      // Opened at once, and taken in order.
      const opened = this.#parts.opener.open(message.data);
      return this.#taking = this.#taking.then(async () => {
        const known = await opened;
        const isWanted = () => round === this.#round && !this.#isEnded;
        try {
          if (isWanted() && await this.#isBehindLast(message) && isWanted()) {
            await this.#take(known, message);
          }
        } catch (error) {
          this.#fail(error);
        }
      });
    });
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    this.#isEnded = true;
    this.#following?.[Symbol.dispose]();
  }

  /**
   * Whether this message follows the last one, and no message is missing between them. Numbers that were
   * left out are those of snapshots' pieces, unless the log no longer has them: then others may have gone
   * with them.
   *
   * In a silence the NATS servers may have elected another leader, and one of them may have given what
   * that does not have, or passed over a piece whose number another message has now. So behind each
   * silence the leader is asked.
   */
  async #isBehindLast({ sequence, atMs }: LogMessage): Promise<boolean> {
    const last = this.#last;
    const known = this.#state.sequence;
    if (sequence <= known) return false; // it came twice
    const isNext = sequence === known + 1;
    const silentMs = last === undefined
      ? 0
      : Math.max(this.#parts.now() - last.takenAtMs, atMs - last.message.atMs);
    const before = silentMs < limits.storeFollowAgainMs ? undefined : last;
    if (isNext && before === undefined) return true;
    const { log } = this.#parts;
    try {
      if (before !== undefined && !await log.has(before.message)) {
        this.doubt();
        return false;
      }
      if (isNext) return true;
      if ((await log.ends()).first > known + 1) {
        this.#onGap();
        return false;
      }
      if (before === undefined || await log.hasOnlyPieces(known, sequence)) return true;
    } catch {
      // The log cannot be asked now.
    }
    this.#pause();
    return false;
  }

  async #take(message: OpenedMessage | undefined, at: LogMessage): Promise<void> {
    if (message === undefined && this.#state.sequence === 0) {
      return this.#end(anotherKey());
    }
    const taking = this.#state.take(message, at.sequence, at.atMs);
    const taken = taking instanceof Promise ? await taking : taking;
    if (taken.kind === "gap") return this.#onGap();
    this.#last = { message: at, takenAtMs: this.#parts.now() };
    if (taken.kind !== "newer") return this.#parts.onTaken(taken, message, at);
    this.#end(newerWriter());
  }

  #end(error: DariError): void {
    this[Symbol.dispose]();
    this.#parts.onEnd(error);
  }

  /** Takes nothing more before the log is followed anew, soon. */
  #pause(): void {
    this.#pauseMs = limits.storeFollowAgainMs;
    this.#following?.[Symbol.dispose]();
    this.#round++;
  }

  /** A message could not be taken, by a full disk for instance: it is read anew, and tried again. */
  #fail(error: unknown): void {
    this.#pause();
    this.#isWhole = false;
    this.#parts.onGap("missing");
    this.#parts.onFailure?.(error);
  }

  #onGap(reason: "missing" | "spoiled" = "missing"): void {
    this.#isWhole = false;
    this.#parts.onGap(reason);
    this.#reread();
  }

  #reread(): void {
    this.#following?.[Symbol.dispose]();
    this.#following = undefined;
    this.start().then(() => this.#isWhole && this.#parts.onReread(), (error) => {
      const isOver = error instanceof DariError && error.code === "configuration";
      if (isOver) this.#end(error);
      // Otherwise the log cannot be read now, and it is tried again.
    });
  }
}
