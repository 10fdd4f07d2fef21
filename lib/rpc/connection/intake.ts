/**
 * The lines of a connection, taken one by one: each is decoded and served, or waits until a slow
 * reader has taken the replies before it.
 *
 * @module
 */

import { byteLength } from "../../base/text/byte_length.ts";
import { limits } from "../../base/limits.ts";
import { decodeLineIn } from "../../protocol/decode.ts";
import { blobBytes } from "../../protocol/line.ts";
import type { Message } from "../../protocol/message.ts";
import type { Connection } from "../../transport/connection.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { WaitingCalls } from "../call/waiting_calls.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { refuseForeignProtocol } from "./foreign_protocol.ts";
import type { MessageRouter } from "./message_router.ts";
import type { ParkedRequests } from "./parked_requests.ts";

/** Lines of it are blank; it is looked for in lines that are no JSON alone. */
const WHITE_SPACE = /^[ \t]*\r?$/;

/** The parts of a connection that an {@linkcode Intake} works with. */
export interface IntakeParts {
  /** Says whether replies wait, and hears of this side's own requests. */
  readonly outbox: Pick<Outbox, "isFull" | "isOverfull" | "onRequest" | "flush">;
  /** Serves messages. */
  readonly router: Pick<MessageRouter, "route">;
  /** Told of the beginning and the end of each turn. */
  readonly dispatcher: Pick<Dispatcher, "beginTurn" | "endTurn">;
  /** Takes what cannot be served yet. */
  readonly parked: Pick<ParkedRequests, "isFull" | "isEmpty" | "onRoom" | "take">;
  /** This side's calls that wait for a reply. */
  readonly waiting: Pick<WaitingCalls, "size">;
  /** Whether the bytes of each line are needed now. */
  countsBytes(): boolean;
  /** The clock of the deadlines, in milliseconds. */
  monotonic(): number;
}

/** Takes the lines of one connection, in order, until it is ended. */
export class Intake {
  readonly #parts: IntakeParts;
  #pieces = 0;
  /** Raw bytes that came and belong to the next line. */
  #blobs: Uint8Array[] = [];
  #isOpen = true;

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
      const received = await connection.receive();
      if (received === null) return;
      this.#pieces++;
      if (typeof received !== "string") {
        this.takeBytes(received);
        continue;
      }
      // One count for the whole chunk: in ASCII every line has as many bytes as characters.
      const isAscii = this.isCountedByCharacters(received);
      for (let at = 0; at < received.length;) {
        at = this.take(received, at, isAscii);
        while (this.isBlocked) await this.somethingLeft();
      }
    }
  }

  /** Takes raw bytes, which belong to the line behind them. */
  takeBytes(bytes: Uint8Array): void {
    this.#blobs.push(bytes);
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
   * Takes lines until there are no more, or the intake is blocked.
   *
   * @param lines Whole lines, each with its LF.
   * @param start Where the first of them begins.
   * @param isAscii What `isCountedByCharacters` said of the text.
   * @returns Where the next line begins.
   */
  take(lines: string, start: number, isAscii: boolean): number {
    const { outbox, dispatcher } = this.#parts;
    dispatcher.beginTurn();
    const next = this.#takeLines(lines, start, isAscii);
    outbox.flush();
    dispatcher.endTurn();
    return next;
  }

  /** Gives the raw bytes that came to the message behind them; a batch or an invalid one has none. */
  #giveBytes(message: Message): number {
    const blobs = this.#blobs;
    this.#blobs = [];
    if ("types" in message) message.blobs = blobs;
    return blobBytes(blobs);
  }

  #takeLines(lines: string, start: number, isAscii: boolean): number {
    const { outbox, router, parked } = this.#parts;
    const receivedAt = this.#parts.monotonic();
    while (start < lines.length && this.#isOpen && !this.isBlocked) {
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
        if (!outbox.isFull && parked.isEmpty) router.route(message, receivedAt, bytes);
        else parked.take(message, lines.slice(start, end), receivedAt, bytes);
      }
      start = end + 1;
    }
    return this.#isOpen ? start : lines.length;
  }
}
