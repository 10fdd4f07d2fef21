/**
 * Lines that wait to be sent. Lines that are pushed in one turn leave in one write, or as soon as they
 * are long; those that are pushed while a write is under way leave together after it.
 *
 * @module
 */

import type { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { turn } from "../../base/turn.ts";
import type { Line, LineWithBytes } from "../../protocol/line.ts";
import type { Connection } from "../../transport/connection.ts";
import { Blocks } from "./blocks.ts";
import type { OutboxOptions } from "./outbox_options.ts";
import { lineRefusal, ReplyBudget, SharedBytes } from "./reply_budget.ts";
import { StallWatch } from "./stall_watch.ts";

const { freeReplyBytes: FREE, earlyWriteBytes: EARLY_WRITE, maxWriteBytes: MAX_WRITE } = limits;

/**
 * Gathers the lines of one connection and sends them.
 *
 * Invariants: at most one write is under way. Only answers (replies, items, notifications of handlers)
 * count towards `isFull` and the budget, until their write is done. A closed one stays empty.
 */
export class Outbox {
  readonly takesBytes = true;
  /** Called with each request or notification of our own; set by whoever waits for one. */
  onRequest: (() => void) | undefined;
  readonly #connection: Connection;
  readonly #maxUnsent: number;
  readonly #onError: (error: unknown) => void;
  readonly #flush = () => this.flush();
  readonly #onSent = () => this.#sent();
  readonly #onFailed = (error: unknown) => this.#fail(error);
  /** Told of what is owed where that is beyond the free share, which is rare. */
  readonly #budget: ReplyBudget;
  /** Full blocks; they leave before `#text`. */
  readonly #blocks = new Blocks();
  /** The block that still grows: lines, each with its LF. */
  #text = "";
  /** The characters of answers: in `#text`, in the write that is under way, and in all. */
  #owedInText = 0;
  #owedSending = 0;
  #owed = 0;
  /** The characters of replies that batches gather. */
  #reserved = 0;
  /** Whether a write is under way. */
  #isSending = false;
  /** Whether a flush is under way: at the end of this turn, or by whoever holds what is added. */
  #isScheduled = false;
  /** Whether the next line waits for another one. */
  #isGathering = false;
  #isClosed = false;
  #sendingLength = 0;
  /** Called when a write has ended, for calls that wait for that; unset where none do. */
  onRoom: (() => void) | undefined;
  /** Made by whoever waits, resolved and forgotten by `#release`. */
  #drained: PromiseWithResolvers<void> | undefined;
  #writes = 0;
  readonly #watch: StallWatch;

  /**
   * @param connection Takes the lines; its owner closes it.
   * @param maxUnsent The characters of unsent answers from which the outbox is full.
   * @param onError Called once, when the outbox was closed since a write failed or took too long.
   * @param options What it shares with other connections, and how long it waits.
   */
  constructor(
    connection: Connection,
    maxUnsent: number,
    onError: (error: unknown) => void,
    options: Partial<OutboxOptions> = {},
  ) {
    const { shared = new SharedBytes(limits.maxServerReplyBytes), stalledPeerMs } = options;
    this.#connection = connection;
    this.#maxUnsent = maxUnsent;
    this.#onError = onError;
    this.#watch = new StallWatch(this, stalledPeerMs ?? limits.stalledPeerMs, this.#onFailed);
    this.#budget = new ReplyBudget({ freeBytes: FREE, maxBytes: limits.maxReplyBytes }, shared);
  }

  /**
   * Whether so much waits that calls should not be served. Our own requests do not count: if both
   * sides stopped serving because of their own requests, neither would ever see a reply.
   */
  get isFull(): boolean {
    return this.#owed >= this.#maxUnsent;
  }

  /** Whether an answer waits. */
  get isOwing(): boolean {
    return this.#owed > 0;
  }

  /** Whether a write is under way. */
  get isSending(): boolean {
    return this.#isSending;
  }

  /** Grows with every write that is done, and with the bytes of the one that is under way. */
  get progress(): number {
    return this.#writes + (this.#connection.sentBytes ?? 0);
  }

  /** The characters that wait or are being sent. */
  get unsentLength(): number {
    return this.#text.length + this.#sendingLength + this.#blocks.length;
  }

  /** Whether nothing waits to be sent. */
  get isEmpty(): boolean {
    return this.#text === "" && this.#blocks.isEmpty && !this.#isSending;
  }

  /** Set once it is known whether somebody signed the connection in. */
  set isStranger(isStranger: boolean) {
    this.#budget.isStranger = isStranger;
  }

  /** Whether so much is owed that not even errors should be added. */
  get isOverfull(): boolean {
    return this.#owed + this.#reserved >= limits.maxReplyBytes;
  }

  /** Whether nothing will be sent any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Says why an answer cannot be taken.
   *
   * @param message The answer, without LF.
   * @returns `resource_exhausted` with both sizes, where the line is longer than the other side takes
   * or too much waits; `undefined` where it fits.
   */
  refusal(message: Line): DariError | undefined {
    const owed = this.#owed + this.#reserved;
    if (owed + message.length <= FREE) return undefined; // as nearly every reply
    return lineRefusal(message) ?? this.#budget.refusal(owed, message.length);
  }

  /** Counts characters of replies that are kept elsewhere until they are pushed. */
  reserve(length: number): void {
    if (this.#isClosed) return;
    this.#reserved += length;
    this.#budget.settle(this.#owed + this.#reserved);
  }

  /** Ends what `reserve` began. */
  unreserve(length: number): void {
    this.reserve(-length);
  }

  /** Takes an answer, without LF, also one that does not fit; it is sent at the end of this turn. */
  push(message: Line): void {
    if (this.#isClosed) return;
    this.#owed += message.length;
    if (this.#owed + this.#reserved > FREE) this.#budget.settle(this.#owed + this.#reserved);
    this.#add(message, message.length);
  }

  /** Lets the next line wait for the one behind it, until the next turn of the event loop. */
  gather(): void {
    this.#isGathering = true;
  }

  /** Takes a request or notification of our own, without LF. */
  pushRequest(message: Line): void {
    if (this.#isClosed) return;
    if (this.onRequest !== undefined) this.onRequest();
    this.#add(message, 0);
  }

  #add(message: Line, owed: number): void {
    // One write is never so long that a slow reader seems to take nothing.
    if (this.#text.length + message.length >= (this.#connection.recordBytes ?? MAX_WRITE)) {
      this.flush();
      if (this.#text !== "") this.#endBlock();
    }
    this.#owedInText += owed;
    if (typeof message === "string") this.#text += `${message}\n`;
    else this.#addWithBytes(message);
    if (this.#isSending) return;
    if (this.#text.length >= EARLY_WRITE && !this.#isGathering) return this.flush();
    if (this.#isScheduled) return;
    if (this.#isGathering) {
      this.#isGathering = false;
      return void turn().then(this.#flush);
    }
    this.#isScheduled = true;
    queueMicrotask(this.#flush);
  }

  #addWithBytes({ text, blobs }: LineWithBytes): void {
    for (const blob of blobs) {
      this.#text += `#${blob.length}\n`;
      this.#endBlock(blob);
    }
    this.#text += `${text}\n`;
  }

  /** What is added from now on waits for the `flush` of whoever calls this, in the same turn. */
  hold(): void {
    this.#isScheduled = true;
  }

  /** Sends now what waits, unless a write is under way. */
  flush(): void {
    const text = this.#text;
    this.#isScheduled = false;
    if (this.#isSending || this.#isClosed) return;
    if (!this.#blocks.isEmpty) return this.#flushBlock();
    if (text === "") return;
    this.#owedSending = this.#owedInText;
    this.#beginBlock();
    this.#send(text);
  }

  #flushBlock(): void {
    const { text, bytes, behind, owed } = this.#blocks.take();
    this.#owedSending = owed;
    const lines = bytes === undefined || !this.#blocks.isEmpty ? "" : this.#text;
    if (lines !== "") {
      this.#owedSending += this.#owedInText;
      this.#beginBlock();
    }
    this.#send(text, bytes, behind + lines);
  }

  #send(text: string, bytes?: Uint8Array, behind = ""): void {
    this.#isSending = true;
    this.#sendingLength = text.length + (bytes?.length ?? 0) + behind.length;
    this.#watch.begin();
    this.#connection.send(text, bytes, behind).then(this.#onSent, this.#onFailed);
  }

  /** Resolves once the outbox is not full, or is closed. */
  drained(): Promise<void> {
    if (!this.isFull || this.#isClosed) return Promise.resolve();
    return (this.#drained ??= Promise.withResolvers<void>()).promise;
  }

  /** Resolves once everything is sent, or the outbox is closed. */
  async emptied(): Promise<void> {
    this.flush();
    while (this.#isSending && !this.#isClosed) {
      await (this.#drained ??= Promise.withResolvers<void>()).promise;
    }
  }

  /** Drops what waits and takes nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#beginBlock();
    this.#blocks.clear();
    this.#owed = this.#reserved = this.#sendingLength = 0;
    this.#budget.settle(0);
    this.#isSending = false;
    this.#watch.end();
    this.#release();
  }

  #endBlock(bytes?: Uint8Array): void {
    this.#blocks.add({ text: this.#text, bytes, owed: this.#owedInText });
    this.#beginBlock();
  }

  #beginBlock(): void {
    this.#text = "";
    this.#owedInText = 0;
  }

  #sent(): void {
    if (this.#isClosed) return;
    this.#isSending = false;
    this.#sendingLength = 0;
    this.#writes++;
    const before = this.#owed + this.#reserved;
    this.#owed -= this.#owedSending;
    if (before > FREE) this.#budget.settle(this.#owed + this.#reserved);
    if (this.onRoom !== undefined) this.onRoom();
    this.flush();
    if (!this.isFull) this.#release();
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.close();
    this.#onError(error);
  }

  #release(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}
