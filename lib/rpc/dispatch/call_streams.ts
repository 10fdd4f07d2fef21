/**
 * Calls whose results are streams: their items are notifications that carry the call's id.
 *
 * @module
 */

import { runWithin } from "../../base/context/ambient_call.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { encodeItem } from "../../protocol/encode.ts";
import type { Line } from "../../protocol/line.ts";
import { endItems } from "../interceptor/items_of.ts";
import type { RegisteredMethod } from "../method/registry.ts";
import { lineOfItem, type MessageForm } from "../peer/peer_values.ts";
import { ItemPump, type PumpSource } from "../stream/item_pump.ts";
import { iteratorOf } from "../stream/sources.ts";
import type { CallStreaming, ReplySink } from "./call_host.ts";
import type { ServedCall } from "./served_call.ts";

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

/**
 * Ends a stream that a handler returned where only one answer is taken.
 *
 * @param returned What it returned, as {@linkcode checkReturned} gave it.
 * @returns Whether it was a stream.
 */
export function endIfStream(returned: unknown): boolean {
  if (!(returned instanceof ItemSource)) return false;
  endItems(returned.items);
  return true;
}

/** Sends the streams of one connection. */
export class CallStreams {
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
    const stream = new StreamOfCall(call, source, this.#sink, this.#countsBytes);
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
class StreamOfCall implements CallStreaming, MessageForm, PumpSource {
  readonly result: Promise<unknown>;
  /** Resolves once the iterator has ended. That may be long after its call, or never. */
  readonly iteratorEnded: Promise<void>;
  readonly items: AsyncIterator<unknown>;
  readonly sent: ((bytes: number) => void) | undefined;
  readonly #call: ServedCall;
  readonly #method: RegisteredMethod;
  readonly #pump: ItemPump;
  readonly #resolve: (result: unknown) => void;

  constructor(
    call: ServedCall,
    { method, items }: ItemSource,
    sink: ReplySink,
    countsBytes: boolean,
  ) {
    this.#call = call;
    this.#method = method;
    this.items = iteratorOf(items);
    let total = call.itemBytes = 0;
    this.sent = countsBytes ? (bytes) => void (call.itemBytes = total += bytes) : undefined;
    const { credit = Infinity, creditBytes = Infinity } = call.meta;
    this.#pump = new ItemPump(this, sink, { items: credit, bytes: creditBytes });
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.result = promise;
    this.#resolve = resolve;
    call.stream = this;
    // Nobody takes the items of a notification, so none are made.
    if (call.id === undefined) this.#pump.end();
    // A generator works in the turns of its pump, so that is the work of the call.
    this.iteratorEnded = runWithin(call, () => this.#pump.run())
      .finally(() => call.stream = undefined)
      .then(resolve, reject);
  }

  lineOf(item: unknown): Line | Promise<Line> {
    const checked = this.#method.checkResult(item);
    const { values } = this.#call;
    if (checked instanceof Promise) {
      return checked.then((value) => lineOfItem(values, value, this));
    }
    return lineOfItem(values, checked, this);
  }

  get takesBytes(): boolean {
    return this.#call.replies.takesBytes;
  }

  textOf(text: string, types?: string): string {
    return encodeItem(this.#call.id ?? null, text, types);
  }

  refusal(line: Line): DariError | undefined {
    return this.#call.replies.refusal(line);
  }

  grant(items: number, bytes: number): void {
    this.#pump.grant(items, bytes);
  }

  inputEnded(): void {
    this.#pump.inputEnded();
  }

  callEnded(): void {
    runWithin(this.#call, () => this.#pump.end());
    this.#resolve(undefined);
  }
}

function tooManyStreams(): DariError {
  return new DariError(
    "resource_exhausted",
    `${limits.maxStreamsAtWork} streams of this connection have not ended; some were cancelled and ` +
      "their methods still wait",
  );
}
