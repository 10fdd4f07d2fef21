/**
 * One connection of HTTP/2.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9113 | RFC 9113}
 * @module
 */

import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import type { StalledClients } from "../engine/stalled_clients.ts";
import { DataSender } from "./flow/data_sender.ts";
import {
  CODE,
  ConnectionFault,
  DEFAULT_WINDOW_BYTES,
  FLAG,
  FRAME,
  type Frame,
  SETTING,
  StreamFault,
} from "./frames/frame.ts";
import {
  checkPriority,
  needsConnection,
  needsLength,
  needsStream,
  windowIncrement,
} from "./frames/frame_checks.ts";
import { FrameReader } from "./frames/frame_reader.ts";
import { FrameWriter } from "./frames/frame_writer.ts";
import { HeaderBlocks, type HeadersOfStream, unpadded } from "./frames/header_block.ts";
import { Patience } from "./flow/patience.ts";
import { ReceiveWindow } from "./flow/receive_window.ts";
import type { SessionParts } from "./session_parts.ts";
import { checkTrailers, parseRequestHead } from "./request_head.ts";
import { ownSettings, readSettings } from "./frames/settings.ts";
import { Http2Stream, type StreamEnd, type StreamHost } from "./stream.ts";
import { Streams } from "./streams.ts";
import { WaitingClient } from "./flow/waiting_client.ts";

/** Serves one connection. After GOAWAY it ends with its last stream, or at once for a fault. */
export class Http2Session implements StreamHost {
  readonly writer: FrameWriter;
  readonly sender: DataSender;
  readonly stalled: StalledClients;
  readonly requestTimeoutMs: number;
  readonly #parts: SessionParts;
  readonly #reader = new FrameReader((frame) => this.#take(frame));
  readonly #blocks = new HeaderBlocks();
  readonly #patience = new Patience();
  readonly #window = new ReceiveWindow(limits.http2ConnectionWindowBytes);
  readonly #streams = new Streams();
  readonly #waiting = new WaitingClient();
  /** How many requests have a handler at work, also for streams that are gone. */
  #atWork = 0;
  #hasSettings = false;
  #isStopping = false;
  #isOver = false;

  /** @param parts What it is made with. */
  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.stalled = parts.stalled;
    this.requestTimeoutMs = parts.times.requestTimeoutMs;
    this.writer = new FrameWriter(parts.socket, () => this.#cut("it takes none of the replies"));
    this.sender = new DataSender(this.writer, (bytes) => this.#patience.sent(bytes));
    this.writer.settings(ownSettings);
    this.writer.windowUpdate(0, limits.http2ConnectionWindowBytes - DEFAULT_WINDOW_BYTES);
    this.writer.flush();
  }

  /**
   * Takes bytes of the client.
   *
   * @param chunk The bytes.
   */
  push(chunk: Uint8Array): void {
    if (this.#isOver) return;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#fail(
        error instanceof ConnectionFault
          ? error
          : new ConnectionFault(CODE.internalError, `The server failed: ${reasonOf(error)}`),
      );
    }
    this.writer.flush();
  }

  /** The socket takes data again. */
  drained(): void {
    this.sender.pump();
    this.writer.flush();
  }

  /** The socket is closed. */
  closed(): void {
    this.#isOver = true;
    this.writer.close();
    for (const stream of this.#streams.open) stream.gone();
  }

  /** Takes no more requests, and ends when those that are open have. */
  stop(): void {
    if (this.#isStopping || this.#isOver) return;
    this.#isStopping = true;
    this.#goAway(CODE.noError, "The server is stopping");
    if (this.#streams.size === 0) this.#parts.socket.destroySoon();
  }

  /**
   * Looks whether the client keeps the server waiting for too long.
   *
   * @param nowMs The time, of a clock that only goes on.
   */
  look(nowMs: number): void {
    if (this.#isOver) return;
    this.#patience.looked();
    for (const stream of this.#streams.open) stream.look(nowMs);
    this.writer.flush();
    const { headersTimeoutMs, keepAliveMs } = this.#parts.times;
    const { lastId, size } = this.#streams;
    const [what, maxMs] = this.#blocks.isOpen
      ? ["The headers of a request did not come whole", headersTimeoutMs]
      : lastId === 0
      ? ["No request came", headersTimeoutMs]
      : [size > 0 ? undefined : `No request came after stream ${lastId}`, keepAliveMs];
    if (this.#waiting.look(what, nowMs) < maxMs || what === undefined) return;
    this.#goAway(CODE.noError, what);
    this.#isOver = true;
    this.#parts.socket.destroySoon();
  }

  taken(bytes: number): void {
    const more = this.#window.take(bytes);
    if (more === 0 || this.#isOver) return;
    this.writer.windowUpdate(0, more);
    this.writer.flushSoon();
  }

  ended({ id }: Http2Stream, how: StreamEnd): void {
    this.#streams.delete(id);
    if (how === "reset") this.#streams.wasReset(id);
    if (how === "whole") this.#patience.served();
    if (!this.#isStopping || this.#streams.size > 0 || this.#isOver) return;
    this.writer.flush();
    this.#parts.socket.destroySoon();
  }

  #goAway(code: number, reason: string): void {
    this.writer.goAway(this.#streams.lastId, code, reason);
    this.writer.flush();
  }

  /** Ends a connection whose client broke a rule. */
  #fail({ code, message }: ConnectionFault): void {
    this.#isOver = true;
    this.#goAway(code, code === CODE.internalError ? "" : message);
    this.#parts.onFault(message);
    this.#parts.socket.destroySoon();
  }

  #cut(reason: string): void {
    this.#isOver = true;
    this.#parts.onFault(reason);
    this.#parts.socket.destroy();
  }

  #take(frame: Frame): void {
    if (this.#isOver) return;
    if (!this.#hasSettings && (frame.type !== FRAME.settings || (frame.flags & FLAG.ack) !== 0)) {
      throw new ConnectionFault(CODE.protocolError, "The connection does not begin with settings");
    }
    if (this.#blocks.isOpen && frame.type !== FRAME.continuation) {
      throw new ConnectionFault(CODE.protocolError, "Headers are not continued");
    }
    try {
      this.#handle(frame);
    } catch (error) {
      if (!(error instanceof StreamFault)) throw error;
      this.#refuse(frame.id, error.code);
    }
  }

  /** Resets a stream, which may be over or not have begun. */
  #refuse(id: number, code: number): void {
    this.#patience.spend();
    const stream = this.#streams.get(id);
    if (stream !== undefined) return stream.reset(code);
    this.writer.resetStream(id, code);
    this.#streams.wasReset(id);
  }

  #handle(frame: Frame): void {
    const { type, flags, id, payload } = frame;
    switch (type) {
      case FRAME.data:
        return this.#data(frame);
      case FRAME.headers:
      case FRAME.continuation: {
        needsStream(id);
        if (type === FRAME.continuation) this.#patience.spend();
        const headers = this.#blocks.take(frame);
        return headers && this.#headers(headers);
      }
      case FRAME.priority:
        needsStream(id);
        this.#patience.spend();
        return checkPriority(frame);
      case FRAME.resetStream:
        needsStream(id);
        needsLength(payload, 4);
        this.#streams.needsBegun(id);
        this.#patience.spend();
        return this.#streams.get(id)?.gone();
      case FRAME.settings:
        return this.#settings(frame);
      case FRAME.ping:
        needsConnection(id);
        needsLength(payload, 8);
        if ((flags & FLAG.ack) !== 0) return;
        this.#patience.spend();
        return this.writer.pong(payload);
      case FRAME.goAway:
        needsConnection(id);
        if (payload.length >= 8) return;
        throw new ConnectionFault(CODE.frameSizeError, "GOAWAY is too short");
      case FRAME.windowUpdate:
        return this.#windowUpdate(frame);
      case FRAME.pushPromise:
        throw new ConnectionFault(CODE.protocolError, "Clients promise nothing");
      default:
        this.#patience.spend(); // of an extension (section 4.1)
    }
  }

  #data({ flags, id, payload }: Frame): void {
    needsStream(id);
    this.#streams.needsBegun(id);
    const data = unpadded(flags, payload);
    const isLast = (flags & FLAG.endStream) !== 0;
    if (data.length === 0 && !isLast) this.#patience.spend();
    if (!this.#window.receive(payload.length)) {
      throw new ConnectionFault(CODE.flowControlError, "The window of the connection is full");
    }
    const stream = this.#streams.get(id);
    if (stream !== undefined) return stream.receive(data, payload.length, isLast);
    this.taken(payload.length);
    if (!this.#streams.isReset(id)) throw new StreamFault(CODE.streamClosed, "The stream is over");
    this.#patience.spend();
  }

  #headers({ id, isLast, headers, isCut }: HeadersOfStream): void {
    const open = this.#streams.get(id);
    if (open !== undefined) {
      if (!open.isWhole && !isLast) {
        throw new StreamFault(CODE.protocolError, "Trailers do not end their stream");
      }
      checkTrailers(headers);
      return open.endRequest();
    }
    if (id <= this.#streams.lastId) {
      this.#patience.spend();
      if (this.#streams.isReset(id)) return;
      throw new ConnectionFault(CODE.streamClosed, "Headers come for a stream that is over");
    }
    this.#streams.use(id);
    const isFull = Math.max(this.#streams.size, this.#atWork) >= limits.maxHttp2Streams;
    if (isFull || this.#isStopping) return this.#refuse(id, CODE.refusedStream);
    const stream = new Http2Stream(id, parseRequestHead(headers), isLast, this);
    this.#streams.add(stream);
    const working = this.#parts.answer(stream, isCut);
    if (working === undefined) return;
    this.#atWork++;
    working.finally(() => this.#atWork--).catch(() => {});
  }

  #settings({ flags, id, payload }: Frame): void {
    needsConnection(id);
    if ((flags & FLAG.ack) !== 0) return needsLength(payload, 0);
    this.#patience.spend();
    this.#hasSettings = true;
    const window = readSettings(payload).get(SETTING.initialWindowSize);
    if (window !== undefined) {
      this.sender.resize(window, this.#streams.open.map(({ out }) => out));
    }
    this.writer.settingsTaken();
  }

  #windowUpdate(frame: Frame): void {
    const { id } = frame;
    if (id !== 0) this.#streams.needsBegun(id);
    this.#patience.spend();
    const bytes = windowIncrement(frame);
    if (id === 0) return this.sender.grant(bytes);
    const stream = this.#streams.get(id);
    if (stream !== undefined) this.sender.grantStream(stream.out, bytes);
  }
}
