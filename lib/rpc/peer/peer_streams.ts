/**
 * The streams inside the values of one connection, in both directions, and the messages about them.
 *
 * @module
 */

import type { DariError } from "../../base/errors.ts";
import { encodeStreamEnd, encodeStreamItem, ITEM } from "../../protocol/encode.ts";
import { encodeNotification } from "../../protocol/encode.ts";
import type { Line } from "../../protocol/line.ts";
import type { ErrorObject, NotificationMessage } from "../../protocol/message.ts";
import { IncomingStreams, type StreamSender } from "../stream/incoming_streams.ts";
import type { ItemSink } from "../stream/item_pump.ts";
import { OutgoingStreams, type StreamWriter } from "../stream/outgoing_streams.ts";
import type { Agreement } from "./agreement.ts";
import { lineOfItem, PeerValues, type RevivedValue } from "./peer_values.ts";
import { errorOf } from "./remote_error.ts";

/** The notification that lets a stream send more: `{ id | stream, count, bytes?, offset? }`. */
export const CREDIT = "rpc.credit";
/** The notification that ends a stream inside a value: `{ stream, error?, sha256? }`. */
export const END = "rpc.end";
/** The notification of a reader who has left: `{ stream }`. */
export const STOP = "rpc.stop";

/** What the streams of a connection are made with. */
export interface PeerStreamsOptions {
  /** What both sides know. */
  readonly agreement: Agreement;
  /** Takes items and what ends streams. */
  readonly sink: ItemSink;
  /** Takes what readers tell the other side. */
  tell(notification: string): void;
  /** Decides what the other side is told of an error of a source. */
  toldOf(error: unknown): unknown;
}

/** The streams inside the values of one connection. */
export class PeerStreams implements StreamWriter, StreamSender {
  /** Writes and reads values; streams among them begin here. */
  readonly values: PeerValues;
  readonly #options: PeerStreamsOptions;
  readonly #incoming: IncomingStreams;
  readonly #outgoing: OutgoingStreams;

  /** @param options The connection, as far as streams need it. */
  constructor(options: PeerStreamsOptions) {
    this.#options = options;
    this.#incoming = new IncomingStreams(this);
    this.#outgoing = new OutgoingStreams(options.sink, this);
    this.values = new PeerValues(options.agreement, this.#outgoing, this.#incoming);
  }

  /** How many streams arrive. */
  get incoming(): number {
    return this.#incoming.size;
  }

  /** Whether no stream is under way. */
  get isEmpty(): boolean {
    return this.#incoming.size === 0 && this.#outgoing.size === 0;
  }

  /**
   * Takes a message about a stream inside a value.
   *
   * @param message The message.
   * @param bytes Its length.
   * @returns Whether it was one. One for a stream that has ended is ignored.
   */
  take(message: NotificationMessage, bytes: number): boolean {
    const params = (message.params ?? {}) as Members;
    const { stream, count, bytes: more, offset, error, value, sha256 } = params;
    if (stream === undefined) return message.method === END || message.method === STOP;
    switch (message.method) {
      case ITEM:
        this.#takeItem(message, stream, value, bytes);
        break;
      case END:
        this.#incoming.end(stream, isErrorObject(error) ? errorOf(error) : undefined, sha256);
        break;
      case CREDIT:
        this.#outgoing.grant(stream, count, more, offset);
        break;
      case STOP:
        this.#outgoing.stop(stream);
        break;
    }
    return true;
  }

  /**
   * Gives a value its types back.
   *
   * @param value The value in its plain form.
   * @param types The member `types` of its message.
   * @param blobs The raw bytes that came with it.
   * @returns The value and its streams.
   * @throws {DariError} `invalid_params` for types that do not fit.
   */
  revive(value: unknown, types: unknown, blobs?: readonly Uint8Array[]): RevivedValue {
    return this.values.revive(value, types, blobs);
  }

  /** The other side sends nothing more: what it was sending has ended. */
  inputEnded(error: () => DariError): void {
    this.#incoming.endAll(error);
  }

  /** The connection has ended. */
  end(error: () => DariError): void {
    this.#incoming.endAll(error);
    this.#outgoing.endAll();
  }

  itemsOf(stream: number): (item: unknown) => Line {
    const form = {
      takesBytes: true,
      textOf: (text: string, types?: string) => encodeStreamItem(stream, text, types),
      refusal: (line: Line) => this.#options.sink.refusal(line),
    };
    return (item) => lineOfItem(this.values, item, form);
  }

  endOf(stream: number, error: unknown, sha256: string | undefined): Line {
    const told = error === undefined ? undefined : this.#options.toldOf(error);
    return encodeStreamEnd(stream, told, sha256);
  }

  grant(stream: number, count: number, bytes: number | undefined, offset?: number): void {
    const credit = { stream, count, bytes };
    const params = offset === undefined ? credit : { ...credit, offset };
    this.#options.tell(encodeNotification(CREDIT, params));
  }

  stop(stream: number): void {
    this.#options.tell(encodeNotification(STOP, { stream }));
  }

  #takeItem(message: NotificationMessage, stream: unknown, value: unknown, bytes: number): void {
    const { params, types, blobs } = message;
    if (types === undefined) return this.#incoming.push(stream, value, bytes);
    if (!this.#incoming.has(stream)) return;
    try {
      const revived = this.revive(params, types, blobs).value as Members;
      this.#incoming.push(stream, revived.value, bytes);
    } catch (error) {
      this.#incoming.end(stream, error);
      this.stop(stream as number);
    }
  }
}

/** The members that a message about a stream may have. */
type Members = Readonly<Record<string, unknown>>;

function isErrorObject(value: unknown): value is ErrorObject {
  return typeof value === "object" && value !== null && "code" in value && "message" in value &&
    typeof value.message === "string";
}
