/**
 * The lines of a connection, taken one by one: each is decoded and served, or waits until the thread
 * has time for it, or until a slow reader has taken the replies before it.
 *
 * @module
 */

import { byteLength } from "../../base/text/byte_length.ts";
import { limits } from "../../base/limits.ts";
import { turn } from "../../base/turn.ts";
import { decodeLineIn } from "../../protocol/decode.ts";
import { blobBytes } from "../../protocol/line.ts";
import type { Message } from "../../protocol/message.ts";
import type { Connection } from "../../transport/connection.ts";
import { type Chunk, ChunkLine } from "../overload/chunk_line.ts";
import type { QueueDelay } from "../overload/queue_delay.ts";
import type { TurnQueue } from "../overload/turn_queue.ts";
import { EarlyReplies } from "./early_replies.ts";
import { refuseForeignProtocol } from "./foreign_protocol.ts";
import type { IntakeParts } from "./intake_parts.ts";

/** Lines of it are blank; it is looked for in lines that are no JSON alone. */
const WHITE_SPACE = /^[ \t]*\r?$/;

/** Takes the lines of one connection, in order, until it is ended. */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #early = new EarlyReplies();
  #pieces = 0;
  /** Raw bytes that came and belong to the next line. */
  #blobs: Uint8Array[] = [];
  #isOpen = true;
  /** What came while the thread was busy. While there is something, `#work` is called again. */
  readonly #chunks = new ChunkLine();
  /** Judges how long what came waits; made when something does. */
  #delay: QueueDelay | undefined;
  readonly #work = () => this.#takeChunks();
  readonly #receive = (piece: string | Uint8Array) => this.#takeNow(piece);
  /** Why a piece could not be taken; thrown by `readAll`. */
  #failure: { readonly error: unknown } | undefined;
  /** The lines that were served since the clock was read. */
  #served = 0;
  /** Whether calls are refused that have waited for too long. */
  #isRefusing = false;

  /** @param parts The parts of the connection. */
  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /**
   * Whether nothing more should be read for now. A peer that asks on and does not read its replies is
   * not read from either, unless this side waits for a reply: then both might wait for each other.
   */
  get isBlocked(): boolean {
    const { parked, waiting, outbox } = this.#parts;
    return this.#isOpen && parked.isFull && (waiting.size === 0 || outbox.isOverfull);
  }

  /** Whether nothing is read for now. */
  get isDeaf(): boolean {
    return this.isBlocked || this.#chunks.isFull;
  }

  /** Whether everything that came was taken. */
  get isEmpty(): boolean {
    return this.#chunks.isEmpty;
  }

  /** How many pieces have come from the connection. */
  get pieces(): number {
    return this.#pieces;
  }

  /** Resolves when a parked request was served, or this side sent a request of its own. */
  somethingLeft(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#parts.parked.onRoom = this.#parts.outbox.onRequest = resolve;
    return promise;
  }

  /** Ignores every line from now on. */
  end(): void {
    this.#isOpen = false;
    this.#chunks.clear();
  }

  /**
   * Takes everything that a connection receives, until it or the intake ends.
   *
   * @param connection The connection; its owner closes it.
   * @throws {TransportError} What its `receive` throws.
   */
  async readAll(connection: Pick<Connection, "receive">): Promise<void> {
    // A transport need not wake a read when the connection is aborted, so look before each.
    while (this.#isOpen) {
      const received = await connection.receive(this.#receive);
      if (received === null) break;
      if (received !== "") this.#takePiece(received);
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#mayBeAll) await turn();
      while (this.isDeaf) {
        await (this.#chunks.isEmpty ? this.somethingLeft() : this.#chunks.changed());
      }
    }
    while (!this.#chunks.isEmpty) await this.#chunks.changed();
  }

  /** Takes a piece as it comes; `readAll` waits where no more can be taken, and throws the failure. */
  #takeNow(piece: string | Uint8Array): boolean {
    try {
      if (this.#isOpen) this.#takePiece(piece);
    } catch (error) {
      this.#failure = { error };
    }
    return this.#isOpen && this.#failure === undefined && !this.#mayBeAll && !this.isDeaf;
  }

  #takePiece(received: string | Uint8Array): void {
    this.#pieces++;
    if (typeof received === "string") this.#takeOrKeep(received);
    else if (this.#chunks.isEmpty) this.#blobs.push(received);
    else this.#keep({ received, start: 0, isAscii: true, arrivedAt: 0 });
  }

  /**
   * Whether the first answers have come, to all that was asked: a program that makes one call closes
   * now. A read that waits meanwhile would end in an error, and keep the socket open until the next turn.
   */
  get #mayBeAll(): boolean {
    const { turns, waiting } = this.#parts;
    return this.#pieces === 1 && turns === undefined && waiting.size === 0 && !this.isDeaf;
  }

  /**
   * Whether every line of a text has as many bytes as characters, or nobody counts them.
   *
   * @param lines What was received.
   */
  isCountedByCharacters(lines: string): boolean {
    return !this.#parts.countsBytes() || byteLength(lines) === lines.length;
  }

  /**
   * Takes lines until there are no more, the thread has done enough in this turn, or the intake is
   * blocked.
   *
   * @param lines Whole lines, each with its LF.
   * @param start Where the first of them begins.
   * @param isAscii What `isCountedByCharacters` said of the text.
   * @param arrivedAt When they came, on the monotonic clock; read where a request among them needs it.
   * @param now The time on that clock, where they have waited.
   * @returns Where the next line begins.
   */
  take(
    lines: string,
    start: number,
    isAscii: boolean,
    arrivedAt: number | undefined = undefined,
    now: number | undefined = undefined,
  ): number {
    const { outbox, dispatcher, turns, turn } = this.#parts;
    outbox.hold();
    dispatcher.beginTurn();
    this.#isRefusing = false;
    if (turns !== undefined) {
      arrivedAt ??= turn.monotonic();
      turns.begin(now ?? arrivedAt);
      if (now !== undefined) this.#judge(turns, now, arrivedAt);
    }
    const next = this.#takeLines(lines, start, isAscii, arrivedAt, now !== undefined);
    outbox.flush();
    const endedAt = dispatcher.endTurn();
    // What observers do then counts for the next chunk of this turn: one reading less for each call.
    turns?.look(endedAt ?? this.#parts.monotonic(), this.#isRefusing ? 0 : this.#served);
    return next;
  }

  /** Lets calls be refused that have waited for too long. */
  #judge(turns: Pick<TurnQueue, keyof TurnQueue>, now: number, arrivedAt: number): void {
    this.#delay ??= turns.newDelay();
    const refusal = turns.refusalOf(now - arrivedAt, now, this.#delay);
    this.#isRefusing = refusal !== undefined;
    this.#parts.dispatcher.judge(now, refusal);
  }

  /** Gives the raw bytes that came to the message behind them; a batch or an invalid one has none. */
  #giveBytes(message: Message): number {
    const blobs = this.#blobs;
    this.#blobs = [];
    if ("types" in message) message.blobs = blobs;
    return blobBytes(blobs);
  }

  /** Half of many replies leave before the rest is served, so that both sides are at work at once. */
  #takeLines(
    lines: string,
    start: number,
    isAscii: boolean,
    arrivedAt: number | undefined,
    hasWaited: boolean,
  ): number {
    const { outbox, router, parked, turns, turn } = this.#parts;
    let served = 0, middle = (start + lines.length) / 2;
    let untilLook = turns === undefined ? 0 : turns.linesPerLook;
    for (let taken = 1; start < lines.length && this.#isOpen && !this.isBlocked; taken++) {
      const end = lines.indexOf("\n", start);
      const isBlank = end === start || (end === start + 1 && lines[start] === "\r");
      if (!isBlank) {
        let bytes = isAscii ? end - start : byteLength(lines.slice(start, end));
        const message = decodeLineIn(lines, start, end, limits);
        if (this.#blobs.length > 0) bytes += this.#giveBytes(message);
        if (message.kind === "invalid" && message.code !== "invalid_request") {
          const line = lines.slice(start, end);
          if (WHITE_SPACE.test(line)) {
            start = end + 1;
            continue;
          }
          refuseForeignProtocol(line);
        }
        // A client that receives results alone reads no clock here.
        if (message.kind !== "result") arrivedAt ??= turn.monotonic();
        if (!outbox.isFull && parked.isEmpty) router.route(message, arrivedAt, bytes);
        else parked.take(message, lines.slice(start, end), arrivedAt ?? turn.monotonic(), bytes);
      }
      start = end + 1;
      served++;
      if (start >= middle) {
        if (taken >= limits.minLinesSentEarly && outbox.isOwing && this.#early.pays) outbox.flush();
        middle = Infinity;
      }
      if (--untilLook !== 0 || turns === undefined) continue;
      const now = this.#parts.monotonic();
      const isOver = turns.look(now, this.#isRefusing ? 0 : served);
      served = 0;
      if (isOver) break;
      if (hasWaited) this.#judge(turns, now, arrivedAt ?? now);
      untilLook = turns.linesPerLook;
    }
    this.#served = served;
    return this.#isOpen ? start : lines.length;
  }

  /** Serves lines as far as the thread has time; the others wait. */
  #takeOrKeep(received: string): void {
    this.#early.arrived(received.length, this.#parts.turn);
    // One count for the whole chunk: in ASCII every line has as many bytes as characters.
    const isAscii = this.isCountedByCharacters(received);
    const mustWait = !this.#chunks.isEmpty || this.#parts.turns?.isOver === true;
    const start = mustWait ? 0 : this.take(received, 0, isAscii);
    if (start === received.length) return;
    this.#keep({ received, start, isAscii, arrivedAt: this.#parts.turn.monotonic() });
  }

  #keep(chunk: Chunk): void {
    const isFirst = this.#chunks.isEmpty;
    this.#chunks.push(chunk);
    if (isFirst) this.#waitForTurn();
  }

  #waitForTurn(): void {
    if (!this.isBlocked) {
      const { turns } = this.#parts;
      return turns === undefined ? this.#takeChunks() : turns.join(this.#work);
    }
    void this.somethingLeft().then(() => {
      // That a slow reader kept them waiting says nothing about the thread.
      this.#chunks.restamp(this.#parts.monotonic());
      this.#waitForTurn();
    });
  }

  #takeChunks(): void {
    try {
      for (let { first } = this.#chunks; first !== undefined; { first } = this.#chunks) {
        this.#takeChunk(first);
        if (this.isBlocked || this.#parts.turns?.isOver) break;
      }
    } catch (error) {
      this.end();
      return this.#parts.failed(error);
    }
    if (!this.#chunks.isEmpty) this.#waitForTurn();
    else this.#delay?.emptied();
  }

  #takeChunk(chunk: Chunk): void {
    const { received, start, isAscii, arrivedAt } = chunk;
    if (typeof received !== "string") this.#blobs.push(received);
    else {
      chunk.start = this.take(received, start, isAscii, arrivedAt, this.#parts.monotonic());
      if (chunk.start < received.length) return this.#chunks.wake();
    }
    this.#chunks.shift();
  }
}
