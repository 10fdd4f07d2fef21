/**
 * One worker of a pool, from the pool's side.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { MessageReader } from "./_messages.ts";
import { errorOf, type Failure, type Order, type Reply, type Start } from "./_pool_protocol.ts";
import { watch } from "./_presence.ts";
import { Ring } from "./ring.ts";
import { decodeValue } from "./_value.ts";

/** What a thread tells its pool. */
export interface ThreadEvents {
  /** It has loaded its module and takes calls. */
  ready(): void;
  reply(reply: Reply): void;
  /** It is gone; every reply that it wrote was given before. */
  gone(cause: unknown): void;
}

/** What every thread of a pool is started with. */
export type ThreadOptions = Omit<Start, "type" | "name" | "results">;

/** A running worker. Ends once: by `stop`, or by an end of its own. */
export class PoolThread {
  readonly index: number;
  #worker: Worker;
  readonly #results: Ring;
  readonly #reader: MessageReader;
  readonly #events: ThreadEvents;
  readonly #ended = new AbortController();
  readonly #startTimer: ReturnType<typeof setTimeout>;

  constructor(options: ThreadOptions, events: ThreadEvents) {
    this.index = options.index;
    this.#events = events;
    this.#results = Ring.create();
    this.#reader = new MessageReader(this.#results, options.maxMessageBytes);
    // A literal URL, so that `deno compile` and bundlers see the file.
    this.#worker = new Worker(new URL("./pool_worker.ts", import.meta.url), { type: "module" });
    const name = `dari.pool.${crypto.randomUUID()}`;
    this.#worker.onerror = (event) => {
      event.preventDefault(); // else it ends this thread as well
      this.stop(new Error(event.message));
    };
    this.#worker.onmessage = ({ data }) => this.#onMessage(data, name);
    const start: Start = { ...options, type: "start", name, results: this.#results.buffer };
    this.#worker.postMessage(start);
    this.#startTimer = setTimeout(() => {
      this.stop(
        new DariError(
          "deadline_exceeded",
          `The worker did not load its module within ${limits.workerStartTimeoutMs} ms`,
        ),
      );
    }, limits.workerStartTimeoutMs);
    this.#readReplies();
  }

  /** Tells the worker something about the call that it runs. */
  post(order: Order): void {
    this.#worker.postMessage(order);
  }

  /** Ends the worker now; one that loops without end takes the runtime two seconds to stop. */
  stop(cause: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#worker.terminate();
    this.#end(cause);
  }

  #onMessage(data: { type: string; failure?: Failure }, name: string): void {
    clearTimeout(this.#startTimer);
    if (data.failure !== undefined) return this.stop(errorOf(data.failure));
    watch(name, this.#ended.signal, () => this.#end(new Error("The worker has ended by itself")));
    this.#events.ready();
  }

  async #readReplies(): Promise<void> {
    try {
      const { signal } = this.#ended;
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
      this.#events.reply(decodeValue(message.kind, message.bytes) as Reply);
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
