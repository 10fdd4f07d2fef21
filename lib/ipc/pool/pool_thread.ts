/**
 * One worker of a pool, from the pool's side.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { MessageReader } from "../ring/messages.ts";
import { errorOf } from "./pool_failure.ts";
import { decodeReply, MAX_HEADER_BYTES, type ReplyFrame } from "./pool_frame.ts";
import type { Loaded, Order, Start } from "./pool_protocol.ts";
import { watch } from "../wait/presence.ts";
import { Ring } from "../ring/ring.ts";

/** What a thread tells its pool. */
export interface ThreadEvents {
  /** It has loaded its module and takes calls. */
  ready(): void;
  reply(reply: ReplyFrame): void;
  /** It is gone; every reply that it wrote was given before. */
  gone(cause: unknown): void;
}

/** What every thread of a pool is started with. */
export type ThreadOptions = Omit<Start, "type" | "name" | "results">;

/** A running worker. Ends once: by `stop`, or by an end of its own. */
export class PoolThread {
  readonly #worker: Worker;
  readonly #results: Ring;
  readonly #reader: MessageReader;
  readonly #events: ThreadEvents;
  readonly #ended = new AbortController();
  readonly #startTimer: ReturnType<typeof setTimeout>;

  constructor(options: ThreadOptions, events: ThreadEvents) {
    this.#events = events;
    this.#results = Ring.create();
    this.#reader = new MessageReader(this.#results, options.maxMessageBytes + MAX_HEADER_BYTES);
    // A literal URL, so that `deno compile` and bundlers see the file.
    this.#worker = new Worker(new URL("./pool_worker.ts", import.meta.url), { type: "module" });
    const name = `dari.pool.${crypto.randomUUID()}`;
    this.#worker.onerror = (event) => {
      event.preventDefault(); // else it ends this thread as well
      this.stop(new Error(event.message));
    };
    this.#worker.onmessage = ({ data }) => this.#onLoaded(data, name);
    const start: Start = { ...options, type: "start", name, results: this.#results.buffer };
    this.#worker.postMessage(start);
    this.#startTimer = setTimeout(() => {
      const message = `The worker did not load its module within ${limits.workerStartTimeoutMs} ms`;
      this.stop(new DariError("deadline_exceeded", message));
    }, limits.workerStartTimeoutMs);
    this.#readReplies();
  }

  /** Tells the worker something about the call that it runs. */
  post(order: Order): void {
    this.#worker.postMessage(order);
  }

  /**
   * Ends the worker. One that loops goes on until its guard stops it, but for the pool it is gone.
   */
  stop(cause: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#worker.terminate();
    this.#end(cause);
  }

  #onLoaded(loaded: Loaded, name: string): void {
    clearTimeout(this.#startTimer);
    if (loaded.type === "failed") return this.stop(errorOf(loaded.failure));
    watch(name, this.#ended.signal, () => this.#end(new Error("The worker has ended by itself")));
    this.#events.ready();
  }

  async #readReplies(): Promise<void> {
    const { signal } = this.#ended;
    try {
      while (!signal.aborted) {
        this.#drain();
        await this.#results.readable({ signal });
      }
    } catch (error) {
      this.stop(error);
    }
  }

  #drain(): void {
    for (let message = this.#reader.tryRead(); message; message = this.#reader.tryRead()) {
      this.#events.reply(decodeReply(message.content));
    }
  }

  #end(cause: unknown): void {
    if (this.#ended.signal.aborted) return;
    clearTimeout(this.#startTimer);
    this.#ended.abort();
    // What it finished before its end is finished.
    this.#drain();
    this.#events.gone(cause);
  }
}
