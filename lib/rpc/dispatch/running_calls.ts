/**
 * The calls whose handlers have not answered yet.
 *
 * @module
 */

import { Deadlines } from "../call/deadlines.ts";
import type { ServedCall } from "./served_call.ts";

const NONE: ReadonlySet<ServedCall> = new Set();

/**
 * The running calls of one dispatcher. A call leaves the set when it ends; its handler may go on for
 * longer, when it does not look at its signal, and counts as at work until it has returned.
 */
export class RunningCalls {
  // Made by the first call that waits: a dispatcher of one HTTP request mostly has none.
  #calls: Set<ServedCall> | undefined;
  #deadlines: Deadlines<ServedCall> | undefined;
  readonly #expire: (call: ServedCall) => void;
  readonly #monotonic: () => number;
  #handlers = 0;
  /** Made by the first `idle()`, resolved and forgotten when the last handler returns. */
  #idle: PromiseWithResolvers<void> | undefined;
  /** Made by the first `ended()`, resolved and forgotten when the last call has ended. */
  #ended: PromiseWithResolvers<void> | undefined;

  /**
   * @param expire Called with each call whose deadline has passed; it must end the call.
   * @param monotonic The clock of deadlines, in milliseconds.
   */
  constructor(expire: (call: ServedCall) => void, monotonic: () => number) {
    this.#expire = expire;
    this.#monotonic = monotonic;
  }

  /** How many handlers are at work. */
  get handlers(): number {
    return this.#handlers;
  }

  /** Adds a call whose handler is at work. */
  add(call: ServedCall): void {
    const calls = this.#calls ??= new Set();
    calls.add(call);
    this.#deadlines ??= new Deadlines(() => calls, this.#expire, this.#monotonic);
    this.#deadlines.watch(call);
    this.#handlers++;
  }

  /** Removes a call that ended. */
  remove(call: ServedCall): void {
    this.#calls?.delete(call);
    if (this.#ended !== undefined) this.#tellEnded();
  }

  /** Counts a handler as done, and removes its call. */
  handlerReturned(call: ServedCall): void {
    this.remove(call);
    if (--this.#handlers > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /** Removes all calls and stops watching deadlines. */
  takeAll(): ServedCall[] {
    this.#deadlines?.stop();
    const calls = [...this];
    this.#calls?.clear();
    this.#tellEnded();
    return calls;
  }

  /** Resolves once every call has ended; a handler may be at work still. */
  ended(): Promise<void> {
    if (this.#isEmpty) return Promise.resolve();
    this.#ended ??= Promise.withResolvers<void>();
    return this.#ended.promise;
  }

  #tellEnded(): void {
    if (!this.#isEmpty) return;
    this.#ended?.resolve();
    this.#ended = undefined;
  }

  /** Resolves once no handler is at work. */
  idle(): Promise<void> {
    if (this.#handlers === 0) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  get #isEmpty(): boolean {
    return this.#calls === undefined || this.#calls.size === 0;
  }

  /** The calls that have not ended. */
  [Symbol.iterator](): IterableIterator<ServedCall> {
    return (this.#calls ?? NONE).values();
  }
}
