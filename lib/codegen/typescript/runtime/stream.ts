/**
 * The items of a method that streams.
 *
 * @module
 */

import { errorNamed } from "./errors.ts";
import type { Link } from "./link.ts";
import { type CallOptions, inTime, metaOf, type Method, type Reply, resultOf } from "./method.ts";
import { type Plans, readValue } from "./values.ts";

/** Options of each stream. */
export interface StreamOptions extends Omit<CallOptions, "idempotencyKey"> {
  /** How many items the server may send ahead. 256 by default. */
  readonly credit?: number | undefined;
}

const CREDIT = 256;

/** The items; a loop that is left early tells the server to stop. */
export class Stream<T> implements AsyncIterableIterator<T> {
  /** What the method returned, once the items have ended. */
  result: unknown;
  readonly #method: Method;
  readonly #plans: Plans;
  readonly #options: StreamOptions;
  readonly #deadline: number;
  readonly #credit: number;
  readonly #items: unknown[] = [];
  readonly #begun: Promise<void>;
  #reply: Reply | undefined;
  #wake: (() => void) | undefined;
  #link: Link | undefined;
  #id = 0;
  #taken = 0;
  #isOver = false;

  constructor(
    link: Link | Promise<Link>,
    method: Method,
    params: string,
    deadline: number,
    options: StreamOptions,
    plans: Plans,
  ) {
    this.#method = method;
    this.#plans = plans;
    this.#options = options;
    this.#deadline = deadline;
    this.#credit = options.credit ?? CREDIT;
    const begin = (ready: Link): void => {
      if (this.#isOver) return;
      const meta = metaOf(options, deadline - Date.now(), false, this.#credit);
      this.#link = ready;
      this.#id = ready.begin(JSON.stringify(method.name), params, meta, {
        settle: (reply) => {
          this.#reply = reply;
          this.#wake?.();
        },
        item: (value) => {
          this.#items.push(value);
          this.#wake?.();
        },
      });
    };
    if (link instanceof Promise) this.#begun = link.then(begin);
    else {
      this.#begun = Promise.resolve();
      begin(link);
    }
    this.#begun.catch(() => {}); // whoever reads the first item is told
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    try {
      await this.#begun;
      if (!this.#isOver && this.#items.length === 0 && this.#reply === undefined) {
        await this.#more();
      }
      if (this.#isOver) return { done: true, value: undefined };
      if (this.#items.length === 0) return this.#end();
      const value = this.#items.shift();
      this.#grant();
      const { plan } = this.#method;
      const item = plan === undefined ? value : readValue(value, plan, this.#plans);
      return { done: false, value: item as T };
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  #end(): IteratorResult<T, undefined> {
    const reply = this.#reply ?? errorNamed("internal", "The stream has no end");
    const { plan: _, ...method } = this.#method; // which is that of the items
    this.result = resultOf(reply, method, this.#plans);
    this.#isOver = true;
    return { done: true, value: undefined };
  }

  async #more(): Promise<void> {
    await inTime<void>(
      (settle) => {
        this.#wake = settle;
        return () => {};
      },
      this.#deadline - Date.now(),
      this.#options.signal,
    );
    this.#wake = undefined;
  }

  #grant(): void {
    this.#taken++;
    if (this.#taken * 2 < this.#credit || this.#reply !== undefined) return;
    this.#link?.notify('"rpc.credit"', JSON.stringify({ id: this.#id, count: this.#taken }));
    this.#taken = 0;
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#link?.forget(this.#id);
    this.#wake?.();
  }
}
