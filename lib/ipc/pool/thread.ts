/**
 * One worker of a pool, from the pool's side.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { turn } from "../../base/turn.ts";
import { MessageReader } from "../ring/messages.ts";
import { Ring } from "../ring/ring.ts";
import { watchLifeline } from "../wait/lifeline.ts";
import { errorOf } from "./wire/failure.ts";
import { decodeReply, MAX_HEADER_BYTES, type ReplyFrame } from "./wire/frame.ts";
import type { Loaded, Order, Start } from "./wire/protocol.ts";
import { keepProgramAlive } from "./worker_reference.ts";

/** What a thread tells its pool. */
export interface ThreadEvents {
  /** It has loaded its module and takes calls. */
  ready(): void;
  /** It has replied. */
  reply(reply: ReplyFrame): void;
  /** It is about to be stopped, or gone: it must not begin another call. May be called again. */
  ending(): void;
  /** It is gone. Called once, after `reply` was called for every reply that it wrote. */
  gone(cause: unknown): void;
}

/** How a thread is started. */
export type ThreadOptions = Omit<Start, "type" | "name" | "results">;

/** The part of `Worker` used here. */
export interface WorkerLike {
  onerror: ((event: ErrorEvent) => void) | null;
  onmessage: ((event: MessageEvent<Loaded>) => void) | null;
  postMessage(message: Start | Order): void;
  terminate(): void;
}

function startWorker(): WorkerLike {
  // A literal URL, so that `deno compile` and bundlers see the file.
  return new Worker(new URL("./pool_worker.ts", import.meta.url), { type: "module" });
}

/**
 * A running worker. It ends once: by `stop`, or by itself; the latter is noticed only while it keeps
 * the program alive.
 */
export class WorkerThread {
  /** Started here; terminated by `stop`. */
  readonly #worker: WorkerLike;
  /** The ring in which the worker writes its replies; made here, never closed. */
  readonly #results: Ring;
  readonly #reader: MessageReader;
  readonly #events: ThreadEvents;
  /** Aborted when the worker has ended; ends the read of replies and the watch of the lifeline. */
  readonly #ended = new AbortController();
  /** Cancels each timer of this thread that is still running; all are cancelled when it ends. */
  readonly #timers = new Set<() => void>();
  /** Cancels the time limit of the start. */
  readonly #cancelStartTimer: () => void;
  /** The name of the worker's lifeline. */
  readonly #name = `dari.pool.${crypto.randomUUID()}`;
  /** Whether the worker holds its lifeline; set once, by `#onLoaded`. */
  #isReady = false;
  /** Set while this thread keeps the program alive; aborted by `keepAlive(false)`, ends the watch. */
  #kept: AbortController | undefined;

  constructor(
    options: ThreadOptions,
    events: ThreadEvents,
    createWorker: () => WorkerLike = startWorker,
  ) {
    this.#events = events;
    this.#results = Ring.create();
    this.#reader = new MessageReader(this.#results, options.maxMessageBytes + MAX_HEADER_BYTES);
    this.#worker = createWorker();
    keepProgramAlive(this.#worker, false);
    const name = this.#name;
    this.#worker.onerror = (event) => {
      event.preventDefault(); // otherwise it ends this thread as well
      this.stop(new Error(event.message));
    };
    this.#worker.onmessage = ({ data }) => this.#onLoaded(data);
    this.#worker.postMessage({ ...options, type: "start", name, results: this.#results.buffer });
    this.#cancelStartTimer = this.#after(limits.workerStartTimeoutMs, () => {
      const message = `The worker did not load its module within ${limits.workerStartTimeoutMs} ms`;
      this.stop(new DariError("deadline_exceeded", message));
    }, false);
    this.#readReplies();
  }

  /** Tells the worker something about the call that it runs. */
  post(order: Order): void {
    this.#worker.postMessage(order);
  }

  /** Stops the worker. If its method loops, it goes on until the watchdog stops it. */
  stop(cause: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#events.ending();
    this.#worker.terminate();
    this.#end(cause);
  }

  /** Makes the worker keep the program alive, or not; at first it does not. */
  keepAlive(isKept: boolean): void {
    if (this.#ended.signal.aborted || isKept === (this.#kept !== undefined)) return;
    keepProgramAlive(this.#worker, isKept);
    this.#kept?.abort();
    this.#kept = isKept ? new AbortController() : undefined;
    this.#watch();
  }

  /**
   * Stops the worker if it is still at a call after the grace.
   *
   * @param graceMs The grace, in milliseconds; any length, `Infinity` for never.
   */
  stopAfter(graceMs: number, isStillRunning: () => boolean, cause: unknown): void {
    if (this.#ended.signal.aborted || graceMs === Infinity) return;
    this.#after(graceMs, () => {
      if (isStillRunning()) this.stop(cause);
    });
  }

  #after(ms: number, callback: () => void, persistent = true): () => void {
    const cancelTimer = after(ms, () => {
      this.#timers.delete(cancel);
      callback();
    }, { persistent });
    const cancel = () => {
      this.#timers.delete(cancel);
      cancelTimer();
    };
    this.#timers.add(cancel);
    return cancel;
  }

  #onLoaded(loaded: Loaded): void {
    if (this.#ended.signal.aborted) return;
    this.#cancelStartTimer();
    if (loaded.type === "failed") return this.stop(errorOf(loaded.failure));
    this.#isReady = true;
    this.#watch();
    this.#events.ready();
  }

  /** Notices the worker's end. A watch keeps the program alive by itself. */
  #watch(): void {
    if (!this.#isReady || this.#kept === undefined) return;
    const onGone = () => this.#end(new Error("The worker has ended by itself"));
    watchLifeline(this.#name, this.#kept.signal, onGone);
  }

  async #readReplies(): Promise<void> {
    const { signal } = this.#ended;
    // A signal of the wait would cost a listener and two promises for each reply.
    const hasNews = () => signal.aborted || !this.#results.empty;
    try {
      while (!signal.aborted) {
        // Their callers may make the next calls, which go out before this thread looks or sleeps.
        if (this.#readAvailable()) await turn();
        else await this.#results.data.wait(hasNews, { persistent: false });
      }
    } catch (error) {
      this.stop(error);
    }
  }

  /** @returns Whether there was any. */
  #readAvailable(): boolean {
    let message = this.#reader.tryRead();
    const isAny = message !== undefined;
    for (; message !== undefined; message = this.#reader.tryRead()) {
      this.#events.reply(decodeReply(message.content));
    }
    return isAny;
  }

  #end(cause: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#events.ending();
    for (const cancel of this.#timers) cancel();
    this.#ended.abort();
    this.#results.data.raise();
    this.#kept?.abort();
    // The calls that it finished before its end have succeeded. Where its ring is damaged, the calls
    // whose replies cannot be read fail with the worker.
    try {
      this.#readAvailable();
    } catch { /* `cause` says why, or will do as well */ }
    this.#events.gone(cause);
  }
}
