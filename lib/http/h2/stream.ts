/**
 * One stream of HTTP/2: a request and its reply.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9113#section-5.1 | RFC 9113}, section 5.1
 * @module
 */

import { limits } from "../../base/limits.ts";
import { HttpFault } from "../engine/http_fault.ts";
import type { StalledClients } from "../engine/stalled_clients.ts";
import { type DataSender, OutgoingData } from "./flow/data_sender.ts";
import { CODE, StreamFault } from "./frames/frame.ts";
import type { FrameWriter } from "./frames/frame_writer.ts";
import { IncomingBody } from "./incoming_body.ts";
import { ReceiveWindow } from "./flow/receive_window.ts";
import type { RequestHead } from "./request_head.ts";

/** What a stream needs of its connection. */
export interface StreamHost {
  readonly writer: FrameWriter;
  readonly sender: DataSender;
  readonly stalled: StalledClients;
  /** Time for a body to come whole, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Lets the client send more on the connection. */
  taken(bytes: number): void;
  /** Forgets a stream that is over. */
  ended(stream: Http2Stream, how: StreamEnd): void;
}

/** How a stream ended: by both sides, by a reset of this side, or by the client. */
export type StreamEnd = "whole" | "reset" | "gone";

/**
 * A stream from its headers on. It is over when both sides have ended it, or either has reset it: then
 * `host.ended` is called, once.
 */
export class Http2Stream {
  readonly id: number;
  readonly head: RequestHead;
  readonly body: IncomingBody;
  readonly #host: StreamHost;
  readonly #out: OutgoingData;
  readonly #window = new ReceiveWindow(limits.http2StreamWindowBytes);
  /** How many bytes of the body have come. */
  #length = 0;
  #isClientDone: boolean;
  #isServerDone = false;
  #isOver = false;
  /** When the body was first seen to be under way. */
  #bodySeenAtMs: number | undefined;
  /** Called once the client has gone before it had the whole reply. */
  #onGone: (() => void)[] = [];

  /**
   * @param id Its number.
   * @param head The head of its request.
   * @param isLast Whether no body follows.
   * @param host What it needs of its connection.
   */
  constructor(id: number, head: RequestHead, isLast: boolean, host: StreamHost) {
    this.id = id;
    this.head = head;
    this.#host = host;
    this.#isClientDone = isLast;
    this.body = new IncomingBody((bytes) => this.#taken(bytes));
    this.#out = new OutgoingData(id, host.sender.streamWindow, () => this.reset(CODE.cancel));
    if (isLast) this.#endBody();
  }

  /** The data that is sent on it. */
  get out(): OutgoingData {
    return this.#out;
  }

  /** Whether the request is whole. */
  get isWhole(): boolean {
    return this.#isClientDone;
  }

  /** Whether its request has nothing but headers. */
  get hasNoBody(): boolean {
    return this.#isClientDone && this.#length === 0;
  }

  /** Whether nothing can be sent any more. */
  get isOver(): boolean {
    return this.#isOver || this.#isServerDone;
  }

  // What the client sends.

  /**
   * Takes data.
   *
   * @param data The data, without its padding.
   * @param frameBytes What the frame counts in the windows.
   * @param isLast Whether the body is whole now.
   * @throws {StreamFault} For more than was allowed or announced, and for data behind the end.
   */
  receive(data: Uint8Array, frameBytes: number, isLast: boolean): void {
    const isAllowed = this.#window.receive(frameBytes);
    if (this.#isClientDone) throw new StreamFault(CODE.streamClosed, "Data comes behind the end");
    if (!isAllowed) {
      throw new StreamFault(CODE.flowControlError, "The window of the stream is full");
    }
    this.#length += data.length;
    if (this.#length > (this.head.contentLength ?? Infinity)) {
      throw new StreamFault(CODE.protocolError, "The body is longer than its content-length");
    }
    if (frameBytes > data.length) this.#taken(frameBytes - data.length);
    if (data.length > 0) this.body.push(data);
    if (isLast) this.endRequest();
    else if (this.body.droppedBytes > limits.maxLineBytes) this.reset(CODE.noError);
  }

  /**
   * The request is whole.
   *
   * @throws {StreamFault} For a body that is shorter than was announced, and for a second end.
   */
  endRequest(): void {
    if (this.#isClientDone) throw new StreamFault(CODE.streamClosed, "The request ends twice");
    this.#isClientDone = true;
    this.#endBody();
    if (this.#isServerDone) this.#end("whole");
  }

  /** The client has reset the stream, or its connection has ended. */
  gone(): void {
    this.#end("gone");
  }

  // What the server sends.

  /**
   * Sends the head of the reply.
   *
   * @param parts The header block.
   * @param isLast Whether no body follows.
   */
  respond(parts: readonly ArrayLike<number>[], isLast: boolean): void {
    if (this.isOver) return;
    this.#host.writer.headers(this.id, parts, isLast);
    this.#host.writer.flushSoon();
    if (isLast) this.#sent();
  }

  /**
   * Sends data as the client takes it. What was given before has to be sent first.
   *
   * @param bytes The data.
   * @param isLast Whether the reply ends with it.
   * @returns Whether the client is still there, once all was sent.
   */
  send(bytes: Uint8Array<ArrayBuffer>, isLast: boolean): true | Promise<boolean> {
    if (this.isOver) return Promise.resolve(false);
    const out = this.#out;
    this.#host.sender.send(out, bytes, isLast);
    if (!out.isWaiting) {
      if (isLast) this.#sent();
      return true;
    }
    this.#host.stalled.add(out);
    return new Promise((resolve) => {
      out.onSent = () => {
        out.onSent = () => {};
        const isThere = !this.#isOver;
        if (isLast && isThere) this.#sent();
        resolve(isThere);
      };
    });
  }

  /**
   * Resets the stream.
   *
   * @param code Why.
   */
  reset(code: number): void {
    if (this.#isOver) return;
    this.#host.writer.resetStream(this.id, code);
    this.#host.writer.flushSoon();
    this.#end("reset");
  }

  /**
   * Asks to hear when the client goes before it has the whole reply.
   *
   * @param listener Called at most once.
   */
  onGone(listener: () => void): void {
    if (this.#isServerDone) return;
    if (this.#isOver) queueMicrotask(listener);
    else this.#onGone.push(listener);
  }

  /**
   * Looks whether the body comes too slowly. One that no reply waits for is not waited for either.
   *
   * @param nowMs The time, of a clock that only goes on.
   */
  look(nowMs: number): void {
    if (this.#isClientDone || this.head.protocol !== undefined) return;
    this.#bodySeenAtMs ??= nowMs;
    if (nowMs - this.#bodySeenAtMs < this.#host.requestTimeoutMs) return;
    if (this.#isServerDone) this.reset(CODE.noError);
    else this.body.fail(new HttpFault(408, "The request did not come whole in time"));
  }

  #faultOf(data: Uint8Array, frameBytes: number): StreamFault | undefined {
    if (this.#isClientDone) return new StreamFault(CODE.streamClosed, "Data comes behind the end");
    if (!this.#window.receive(frameBytes)) {
      return new StreamFault(CODE.flowControlError, "The window of the stream is full");
    }
    if (this.#length + data.length <= (this.head.contentLength ?? Infinity)) return undefined;
    return new StreamFault(CODE.protocolError, "The body is longer than its content-length");
  }

  #endBody(): void {
    const { contentLength = this.#length } = this.head;
    if (contentLength !== this.#length) {
      throw new StreamFault(CODE.protocolError, "The body is shorter than its content-length");
    }
    this.body.end();
  }

  /** The reply has left. The rest of the request is dropped, and the stream ends with it; a WebSocket's is read. */
  #sent(): void {
    this.#isServerDone = true;
    this.#onGone = [];
    this.#host.stalled.delete(this.#out);
    if (this.head.protocol === undefined) this.body.drop();
    if (this.#isClientDone) this.#end("whole");
  }

  #taken(bytes: number): void {
    const { writer } = this.#host;
    this.#host.taken(bytes);
    if (this.#isClientDone || this.#isOver) return;
    const more = this.#window.take(bytes);
    if (more === 0) return;
    writer.windowUpdate(this.id, more);
    writer.flushSoon();
  }

  #end(how: StreamEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { sender, stalled } = this.#host;
    const listeners = this.#onGone;
    this.#onGone = [];
    stalled.delete(this.#out);
    sender.drop(this.#out);
    this.#out.onSent();
    this.body.fail(new HttpFault(400, "The body did not come whole"));
    this.#host.ended(this, how);
    for (const listener of listeners) listener();
  }
}
