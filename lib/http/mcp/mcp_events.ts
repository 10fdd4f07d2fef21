/**
 * A reply of the Model Context Protocol that begins with progress: an event stream.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { enqueueEvent, eventOf } from "../call/event_stream.ts";
import type { HttpHandler, HttpReply, ReplyHeaders } from "../engine/http_message.ts";

const encoder = new TextEncoder();

/** What the events of a request are made with. */
export interface McpEventsParts {
  /** Called when the reader has gone. */
  readonly onGone: () => void;
  /** Counts a reply that waits for its reader, as {@linkcode HttpHandler.owe}. */
  readonly owe: HttpHandler["owe"];
}

/** The events of one request. The stream begins with the first of them. */
export class McpEvents {
  /** Resolves with the head of the stream once there is something to tell before the reply. */
  readonly begun: Promise<HttpReply>;
  readonly #begin: (reply: HttpReply) => void;
  readonly #headers: ReplyHeaders;
  readonly #parts: McpEventsParts;
  #body: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  #isClosed = false;
  /** Ends the count of the reply. */
  #paid = () => {};

  /**
   * @param headers The headers of an event stream.
   * @param parts What is called when the reader has gone, and what counts a reply that waits for it.
   */
  constructor(headers: ReplyHeaders, parts: McpEventsParts) {
    // Proxies that gather replies would hold progress back until it is none.
    this.#headers = { ...headers, "x-accel-buffering": "no" };
    this.#parts = parts;
    const { promise, resolve } = Promise.withResolvers<HttpReply>();
    this.begun = promise;
    this.#begin = resolve;
  }

  /** Tells progress; a slow reader is told less often. */
  notify(line: string): void {
    if (this.#isClosed) return;
    if (this.#body === undefined) this.#open();
    if ((this.#body?.desiredSize ?? 0) > 0) this.#body?.enqueue(encoder.encode(eventOf(line)));
  }

  /** Sends the reply, where the stream has begun, and ends it. */
  end(line: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#body === undefined) return;
    const event = encoder.encode(eventOf(line));
    this.#paid = this.#parts.owe(event.length);
    try {
      enqueueEvent(this.#body, event);
      this.#close();
    } catch {
      this.#paid(); // the engine has dropped the stream, because its reader has gone
    }
  }

  /** Ends the stream once little waits: a closed one does not say when it was read. */
  #close(): void {
    if ((this.#body?.desiredSize ?? 0) <= 0) return; // until `pull`
    this.#body?.close();
    this.#paid();
  }

  #open(): void {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => void (this.#body = controller),
      pull: () => {
        if (this.#isClosed) this.#close();
      },
      cancel: () => {
        this.#isClosed = true;
        this.#paid();
        this.#parts.onGone();
      },
    }, new ByteLengthQueuingStrategy({ highWaterMark: limits.maxEventBytesUnsent }));
    this.#begin({ status: 200, headers: this.#headers, body });
  }
}
