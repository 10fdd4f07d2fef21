/**
 * The sending end of a stream: items leave as fast as the caller grants them and the sink takes them.
 *
 * @module
 */

import { runWithin } from "../../base/ambient_call.ts";
import { byteLength } from "../../base/text/byte_length.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { turnIfDue } from "../../base/turn.ts";
import { encodeItem } from "../../protocol/encode.ts";
import type { RegisteredMethod } from "../method/registry.ts";
import type { ReplySink } from "./call_host.ts";
import type { CallStreaming, ServedCall } from "./served_call.ts";

/** The items of a method that streams, not yet checked by the method's schema. */
export class ItemSource {
  /**
   * @param method The method.
   * @param items What its handler returned.
   */
  constructor(readonly method: RegisteredMethod, readonly items: AsyncIterable<unknown>) {}
}

/**
 * Checks what a handler returned.
 *
 * @param method The method.
 * @param returned What its handler returned.
 * @returns The result as it is sent, a promise of it, or the source of a stream.
 * @throws {DariError} `internal` where the result breaks the method's schema.
 */
export function checkReturned(method: RegisteredMethod, returned: unknown): unknown {
  if (typeof returned !== "object" || returned === null) return method.checkResult(returned);
  if (Symbol.asyncIterator in returned) {
    return new ItemSource(method, returned as AsyncIterable<unknown>);
  }
  // A promise that is no Promise, for instance of a query builder.
  if ("then" in returned && typeof returned.then === "function") {
    return Promise.resolve(returned).then((value) => checkReturned(method, value));
  }
  return method.checkResult(returned);
}

/** Sends the streams of one connection. */
export class OutgoingStreams {
  readonly #sink: ReplySink;
  readonly #countsBytes: boolean;
  readonly #onIteratorEnded = () => void this.#atWork--;
  /** How many iterators have not ended. Those of ended calls count: they may hold memory and files. */
  #atWork = 0;
  #isInputEnded = false;

  /**
   * @param sink Takes the items.
   * @param countsBytes Whether calls add up the bytes of their items, for observers.
   */
  constructor(sink: ReplySink, countsBytes: boolean) {
    this.#sink = sink;
    this.#countsBytes = countsBytes;
  }

  /**
   * Sends the items of a stream.
   *
   * @param call The call that asked for them.
   * @param source The items.
   * @returns What the generator returned, which becomes the call's result; `undefined` as soon as the
   * call has ended, whatever the iterator does then.
   * @throws {DariError} `resource_exhausted` while too many iterators have not ended.
   */
  send(call: ServedCall, source: ItemSource): Promise<unknown> {
    if (this.#atWork >= limits.maxStreamsAtWork) throw tooManyStreams();
    const stream = new OutgoingStream(call, source, this.#sink, this.#countsBytes);
    this.#atWork++;
    stream.iteratorEnded.then(this.#onIteratorEnded);
    if (this.#isInputEnded) stream.inputEnded();
    return stream.result;
  }

  /** Streams that start from now on get no more credit than they came with. */
  endInput(): void {
    this.#isInputEnded = true;
  }
}

/** One stream that is being sent. */
class OutgoingStream implements CallStreaming {
  readonly result: Promise<unknown>;
  /** Resolves once the iterator has ended. That may be long after its call, or never. */
  readonly iteratorEnded: Promise<void>;
  readonly #call: ServedCall;
  readonly #method: RegisteredMethod;
  readonly #sink: ReplySink;
  readonly #countsBytes: boolean;
  /** Made here; told to `return` when the call ends before it does. */
  readonly #items: AsyncIterator<unknown>;
  /** Whether the iterator makes an item. */
  #isPulling = false;
  /** How many items may be sent. */
  #credit: number;
  /** Whether the caller can grant no more, because it has ended its input. */
  #isCreditFinal = false;
  #wake: (() => void) | undefined;
  readonly #resolve: (result: unknown) => void;

  constructor(
    call: ServedCall,
    { method, items }: ItemSource,
    sink: ReplySink,
    countsBytes: boolean,
  ) {
    this.#call = call;
    this.#method = method;
    this.#sink = sink;
    this.#countsBytes = countsBytes;
    this.#credit = call.meta.credit ?? Infinity;
    this.#items = iteratorOf(items);
    call.itemBytes = 0;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.result = promise;
    this.#resolve = resolve;
    call.stream = this;
    this.iteratorEnded = this.#run().then(resolve, reject);
  }

  grant(items: number): void {
    this.#credit += items;
    this.#wake?.();
  }

  inputEnded(): void {
    this.#isCreditFinal = true;
    this.#wake?.();
  }

  callEnded(): void {
    this.#stop();
    this.#resolve(undefined);
    this.#wake?.();
  }

  /** Ends when the iterator has, or with the first turn after the end of the call. */
  async #run(): Promise<unknown> {
    const call = this.#call;
    // Nobody takes the items of a notification, so none are made.
    if (call.id === undefined) {
      call.stream = undefined;
      return this.#stop();
    }
    const sink = this.#sink;
    while (!call.isDone) {
      if (this.#credit < 1) await this.#untilCredit();
      if (call.isDone) break;
      this.#isPulling = true;
      const { done, value } = await this.#items.next();
      this.#isPulling = false;
      if (call.isDone) {
        if (isGenerator(this.#items)) this.#stop();
        break;
      }
      if (done) {
        call.stream = undefined;
        return value;
      }
      try {
        this.#credit--;
        const checked = this.#method.checkResult(value);
        const text = encodeItem(call.id, checked instanceof Promise ? await checked : checked);
        if (call.isDone) break;
        const refusal = sink.isClosed ? callerGone() : sink.refusal(text);
        if (refusal !== undefined) throw refusal;
        if (this.#countsBytes) call.itemBytes = (call.itemBytes ?? 0) + byteLength(text);
        sink.push(text);
      } catch (error) {
        call.stream = undefined;
        this.#stop();
        throw error;
      }
      if (sink.isFull) await sink.drained();
      // A producer that never waits, before a sink that always takes, would keep the thread.
      const due = turnIfDue();
      if (due !== undefined) await due;
    }
    return undefined;
  }

  /** Waits until an item may be sent, or the call has ended. */
  async #untilCredit(): Promise<void> {
    while (this.#credit < 1 && !this.#call.isDone) {
      if (this.#isCreditFinal) throw noMoreCredit();
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Ends the iterator. Not awaited: one that waits for ever must not keep the call from ending. */
  #stop(): void {
    // A generator at work would end only then anyway, and V8 forgets whose work its `finally` is.
    if (this.#isPulling && isGenerator(this.#items)) return;
    try {
      // What the iterator does now is still the work of its call.
      const returned = runWithin(this.#call, () => this.#items.return?.(undefined), undefined);
      Promise.resolve(returned).catch(() => {});
    } catch {
      // An iterator that cannot even be told is left alone.
    }
  }
}

/** A web stream's own iterator ends only after the read that is under way; its reader ends it. */
function iteratorOf(items: AsyncIterable<unknown>): AsyncIterator<unknown> {
  if (!(items instanceof ReadableStream)) return items[Symbol.asyncIterator]();
  const reader = items.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<unknown>>,
    return: () => reader.cancel().then(() => ({ done: true, value: undefined })),
  };
}

function isGenerator(items: AsyncIterator<unknown>): boolean {
  return Object.prototype.toString.call(items) === "[object AsyncGenerator]";
}

function callerGone(): DariError {
  return new DariError("unavailable", "Nobody reads the stream any more");
}

function tooManyStreams(): DariError {
  return new DariError(
    "resource_exhausted",
    `${limits.maxStreamsAtWork} streams of this connection have not ended; some were cancelled and ` +
      "their methods still wait",
  );
}

function noMoreCredit(): DariError {
  return new DariError(
    "cancelled",
    "The stream ended because its caller ended its input, and so can grant no more items",
  );
}
