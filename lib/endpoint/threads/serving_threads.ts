/**
 * The threads that serve the ports of one server: started, watched, and started again when they die.
 *
 * @module
 */

import { after, delay, settlesWithin } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { errorOf, type Failure } from "../../ipc/pool/wire/failure.ts";
import { watchLifeline } from "../../ipc/wait/lifeline.ts";

/** The part of `Worker` used here. */
export interface WorkerLike {
  onerror: ((event: ErrorEvent) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
  terminate(): void;
}

/** What every thread says, whatever else it says. */
export type ThreadReport =
  /** It listens. It holds its lifeline. */
  | { readonly type: "ready" }
  /** It cannot start, or cannot go on. */
  | { readonly type: "failed"; readonly failure: Failure }
  /** It has stopped, because it was told to. */
  | { readonly type: "stopped" };

/** How threads are started, and who hears of them. */
export interface ServingThreadsOptions<Message> {
  /** How many. */
  readonly threads: number;
  /** Starts the worker of a thread, which waits for its first message. */
  readonly spawn: (thread: number) => WorkerLike;
  /**
   * Makes the first message of a thread.
   *
   * @param thread Its number, from 1.
   * @param lifeline The name of the lifeline that it holds before it says that it is ready.
   * @param isTried Whether another one has listened already.
   */
  readonly first: (thread: number, lifeline: string, isTried: boolean) => unknown;
  /** Hears what else the threads say. */
  readonly onMessage: (thread: number, message: Message, worker: WorkerLike) => void;
  /**
   * Hears that a thread has died, and when it is started again, in milliseconds from now;
   * `undefined` where it is not, since the threads are being stopped.
   */
  readonly onDied: (thread: number, cause: unknown, restartInMs: number | undefined) => void;
  /** Hears that a thread listens again. */
  readonly onRestarted: (thread: number) => void;
  /** The first pause before a thread that died soon is started again. @default {100} */
  readonly restartPauseMs?: number | undefined;
  /** Where lives are measured. @default {performance.now} */
  readonly monotonic?: (() => number) | undefined;
}

/** One place among the threads, and the thread that has it now. */
interface Seat {
  readonly thread: number;
  /** Ends the present life; `undefined` between two lives. */
  end: ((cause: unknown) => void) | undefined;
  worker: WorkerLike | undefined;
  /** Deaths in a row, each soon after its start. */
  deaths: number;
}

/**
 * A fixed number of threads.
 *
 * A seat has a worker from its spawn until `end` is called, which terminates it. Until `stop`, a seat
 * whose worker has ended gets another one after a pause.
 */
export class ServingThreads<Message extends { readonly type: string }> {
  readonly #options: ServingThreadsOptions<Message>;
  readonly #monotonic: () => number;
  readonly #seats: readonly Seat[];
  /** Aborts when the threads are to stop: no other one is started from then on. */
  readonly #stopping = new AbortController();

  /** @param options How threads are started. */
  constructor(options: ServingThreadsOptions<Message>) {
    this.#options = options;
    this.#monotonic = options.monotonic ?? (() => performance.now());
    this.#seats = Array.from(
      { length: options.threads },
      (_, index) => ({ thread: index + 1, end: undefined, worker: undefined, deaths: 0 }),
    );
  }

  /**
   * Starts the first thread, and then the others.
   *
   * @throws {DariError} Why a thread cannot start; then all of them are ended.
   */
  async start(): Promise<void> {
    const [first, ...others] = this.#seats;
    try {
      if (first !== undefined) await this.#begin(first, false);
      await Promise.all(others.map((seat) => this.#begin(seat, true)));
    } catch (error) {
      this.end();
      throw error;
    }
  }

  /** The numbers of the threads that live. */
  get living(): number[] {
    return this.#seats.filter(({ worker }) => worker !== undefined).map(({ thread }) => thread);
  }

  /**
   * Says something to every thread that lives.
   *
   * @param message What to say.
   */
  tell(message: unknown): void {
    for (const { worker } of this.#seats) worker?.postMessage(message);
  }

  /**
   * Stops all threads in order.
   *
   * @param order The message that tells a thread to stop.
   * @param withinMs How long they may take for it, in milliseconds; then they are ended.
   * @returns Once each has stopped, or died.
   */
  async stop(order: unknown, withinMs: number): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#seats.map(async (seat) => {
      const { worker } = seat;
      if (worker === undefined) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const { end } = seat;
      seat.end = (cause) => {
        end?.(cause);
        resolve();
      };
      worker.postMessage(order);
      if (await settlesWithin(promise, withinMs)) return;
      seat.end?.(new Error(`It did not stop within ${withinMs} ms`));
    }));
  }

  /** Ends all threads at once. */
  end(): void {
    this.#stopping.abort();
    for (const seat of this.#seats) seat.end?.(undefined);
  }

  /** Starts a thread, and resolves once it listens. */
  #begin(seat: Seat, isTried: boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const { spawn, first } = this.#options;
    const worker = seat.worker = spawn(seat.thread);
    const lifeline = `dari.serve.${crypto.randomUUID()}`;
    const ended = new AbortController();
    let readyMs: number | undefined;
    const stopTimer = after(limits.threadStartTimeoutMs, () => {
      const message =
        `Thread ${seat.thread} did not listen within ${limits.threadStartTimeoutMs} ms`;
      seat.end?.(new DariError("deadline_exceeded", message));
    });
    seat.end = (cause) => {
      if (ended.signal.aborted) return;
      ended.abort();
      stopTimer();
      worker.terminate();
      seat.worker = seat.end = undefined;
      if (readyMs === undefined) reject(cause);
      else this.#onDeath(seat, cause, this.#monotonic() - readyMs);
    };
    worker.onerror = (event) => {
      event.preventDefault(); // otherwise it ends this thread as well
      seat.end?.(new Error(event.message));
    };
    worker.onmessage = ({ data }: MessageEvent<ThreadReport | Message>) => {
      if (data.type === "failed") {
        return seat.end?.(errorOf((data as { failure: Failure }).failure));
      }
      if (data.type === "stopped") return seat.end?.(undefined);
      if (data.type !== "ready") {
        return this.#options.onMessage(seat.thread, data as Message, worker);
      }
      stopTimer();
      readyMs = this.#monotonic();
      watchLifeline(lifeline, ended.signal, () => seat.end?.(new Error("It has ended by itself")));
      resolve();
    };
    worker.postMessage(first(seat.thread, lifeline, isTried));
    return promise;
  }

  #onDeath(seat: Seat, cause: unknown, livedMs: number): void {
    if (this.#stopping.signal.aborted) {
      if (cause !== undefined) this.#options.onDied(seat.thread, cause, undefined);
      return;
    }
    seat.deaths = livedMs >= limits.threadHealthyMs ? 0 : seat.deaths + 1;
    void this.#restart(seat, cause);
  }

  async #restart(seat: Seat, cause: unknown): Promise<void> {
    for (let why = cause;;) {
      const pauseMs = this.#pauseAfter(seat.deaths);
      this.#options.onDied(seat.thread, why, pauseMs);
      try {
        await delay(pauseMs, { signal: this.#stopping.signal });
        await this.#begin(seat, true);
        return this.#options.onRestarted(seat.thread);
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        why = error;
        seat.deaths++;
      }
    }
  }

  /** None after the death of a thread that had served for long; then longer with each in a row. */
  #pauseAfter(deaths: number): number {
    const { restartPauseMs = limits.threadRestartPauseMs } = this.#options;
    if (deaths === 0) return 0;
    return Math.min(restartPauseMs * 2 ** (deaths - 1), limits.maxThreadRestartPauseMs);
  }
}
