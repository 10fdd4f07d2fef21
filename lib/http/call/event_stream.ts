/**
 * A call that streams, as Server-Sent Events. It takes the items and the reply of one call.
 *
 * @see {@link https://html.spec.whatwg.org/multipage/server-sent-events.html | Server-sent events}
 * @module
 */

import { sharedAfter } from "../../base/shared_after.ts";
import type { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Line } from "../../protocol/line.ts";
import type { ReplySink } from "../../rpc/dispatch/call_host.ts";
import { lineRefusal, type ReplyBudget } from "../../rpc/outbox/reply_budget.ts";
import type { HttpReply, ReplyHeaders } from "../engine/http_message.ts";
import { isReply } from "./reply_text.ts";

/** What the messages of a call become. */
export interface EventForm {
  /**
   * Writes an item, or a notification of the method.
   *
   * @param line The text of its message.
   * @returns The event, with its blank line; empty for what is not sent on.
   */
  item(line: string): string;
  /**
   * Writes the reply, which is the last event.
   *
   * @param reply The text of the reply.
   */
  last(reply: string): string;
  /**
   * The whole HTTP reply to a call that failed before its first item.
   *
   * @param reply The text of the reply.
   * @returns The HTTP reply; `undefined` where the call succeeded.
   */
  failure(reply: string): HttpReply | undefined;
}

/** What an event stream is made with, beside its form. */
export interface EventStreamParts {
  /** Called when the reader has gone. */
  readonly onGone: () => void;
  /** Counts what waits for the reader. */
  readonly budget: Pick<ReplyBudget, "settle">;
}

/** An event without a name: `message` for its reader. */
export function eventOf(data: string, name?: string, id?: string): string {
  const lines = data.includes("\n") ? data.replaceAll("\n", "\ndata: ") : data;
  return `${name === undefined ? "" : `event: ${name}\n`}${
    id === undefined ? "" : `id: ${id}\n`
  }data: ${lines}\n\n`;
}

/**
 * Gives an event to its reader, a long one in pieces: what an engine has taken is no longer seen to wait.
 *
 * @param body Takes it.
 * @param event The event.
 */
export function enqueueEvent(
  body: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>,
  event: Uint8Array<ArrayBuffer>,
): void {
  for (let at = 0; at < event.length; at += PIECE_BYTES) {
    body.enqueue(event.subarray(at, at + PIECE_BYTES));
  }
}

const { maxEventBytesUnsent: PIECE_BYTES } = limits;
const encoder = new TextEncoder();
/** A comment, which readers skip; proxies see that the connection lives. */
const ALIVE = encoder.encode(":\n\n");

/** The events of one call. */
export class EventStream implements ReplySink {
  readonly takesBytes = false;
  /** Resolves with the first thing that is known: the head of the stream, or a failure. */
  readonly answer: Promise<HttpReply>;
  readonly #form: EventForm;
  readonly #headers: ReplyHeaders;
  readonly #onGone: () => void;
  /** Has what waits for the reader. */
  readonly #budget: Pick<ReplyBudget, "settle">;
  readonly #answered: (reply: HttpReply) => void;
  /** Set when the head is sent. */
  #body: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  #isClosed = false;
  /** Made by `drained`, resolved when the reader has caught up or gone. */
  #drained: PromiseWithResolvers<void> | undefined;
  #forgetTimer: () => void;

  /**
   * @param form What messages become.
   * @param headers The headers of the stream.
   * @param parts What is called when the reader has gone, and what counts the bytes that wait for it.
   */
  constructor(form: EventForm, headers: ReplyHeaders, { onGone, budget }: EventStreamParts) {
    this.#form = form;
    this.#headers = headers;
    this.#onGone = onGone;
    this.#budget = budget;
    const { promise, resolve } = Promise.withResolvers<HttpReply>();
    this.answer = promise;
    this.#answered = resolve;
    // A reader wants to know that its stream has begun, whenever the first item comes.
    this.#forgetTimer = sharedAfter(limits.eventStreamHeadMs, () => this.#begin());
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isFull(): boolean {
    return this.#body !== undefined && (this.#body.desiredSize ?? 0) <= 0;
  }

  drained(): Promise<void> {
    if (!this.isFull || this.#isClosed) return Promise.resolve();
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  refusal(line: Line): DariError | undefined {
    return lineRefusal(line);
  }

  push(line: Line): void {
    if (this.#isClosed) return;
    const text = typeof line === "string" ? line : line.text;
    if (!isReply(text)) return this.#send(this.#form.item(text));
    const failure = this.#body === undefined ? this.#form.failure(text) : undefined;
    if (failure !== undefined) {
      this.#end();
      return this.#answered(failure);
    }
    this.#send(this.#form.last(text));
    this.#end();
    this.#close();
  }

  /** Ends the stream once what waits is within its free share: a closed stream says nothing more. */
  #close(): void {
    if (this.isFull) return; // until `pull`
    this.#body?.close();
    this.#budget.settle(0);
  }

  #send(event: string): void {
    if (event === "") return;
    this.#begin();
    if (this.#body !== undefined) enqueueEvent(this.#body, encoder.encode(event));
    this.#settle();
  }

  /** Counts what waits. */
  #settle(): void {
    const { maxEventBytesUnsent } = limits;
    this.#budget.settle(maxEventBytesUnsent - (this.#body?.desiredSize ?? maxEventBytesUnsent));
  }

  /** Sends the head, once. */
  #begin(): void {
    if (this.#body !== undefined || this.#isClosed) return;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => void (this.#body = controller),
      pull: () => {
        this.#settle();
        if (this.#isClosed) this.#close();
        this.#wake();
      },
      cancel: () => {
        this.#budget.settle(0);
        this.#end();
        this.#onGone();
      },
    }, new ByteLengthQueuingStrategy({ highWaterMark: limits.maxEventBytesUnsent }));
    this.#keepAlive();
    this.#answered({ status: 200, headers: this.#headers, body });
  }

  #keepAlive(): void {
    this.#forgetTimer();
    this.#forgetTimer = sharedAfter(limits.eventStreamAliveMs, () => {
      if (!this.isFull) this.#body?.enqueue(ALIVE);
      this.#keepAlive();
    });
  }

  #end(): void {
    this.#isClosed = true;
    this.#forgetTimer();
    this.#wake();
  }

  #wake(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}
