/**
 * A reply of the Model Context Protocol that begins with progress: an event stream.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { eventOf } from "../call/event_stream.ts";
import type { HttpReply, ReplyHeaders } from "../engine/http_message.ts";

const encoder = new TextEncoder();

/** The events of one request. The stream begins with the first of them. */
export class McpEvents {
  /** Resolves with the head of the stream once there is something to tell before the reply. */
  readonly begun: Promise<HttpReply>;
  readonly #begin: (reply: HttpReply) => void;
  readonly #headers: ReplyHeaders;
  readonly #onGone: () => void;
  #body: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  #isClosed = false;

  /**
   * @param headers The headers of an event stream.
   * @param onGone Called when the reader has gone.
   */
  constructor(headers: ReplyHeaders, onGone: () => void) {
    // Proxies that gather replies would hold progress back until it is none.
    this.#headers = { ...headers, "x-accel-buffering": "no" };
    this.#onGone = onGone;
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
    try {
      this.#body?.enqueue(encoder.encode(eventOf(line)));
      this.#body?.close();
    } catch {
      // The engine has dropped the stream, because its reader has gone.
    }
  }

  #open(): void {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => void (this.#body = controller),
      cancel: () => {
        this.#isClosed = true;
        this.#onGone();
      },
    }, new ByteLengthQueuingStrategy({ highWaterMark: limits.maxEventBytesUnsent }));
    this.#begin({ status: 200, headers: this.#headers, body });
  }
}
