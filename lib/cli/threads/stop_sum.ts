/**
 * How a server of several threads stops, told once.
 *
 * @module
 */

import type { Observer, StoppedRecord, StopRecord } from "../../rpc/observer.ts";

/** The part of an observer that hears how a server stops. */
type StopObserver = Pick<Observer, "serverStopping" | "serverStopped">;

/** Adds up what the servers of all threads say when they stop. */
export class StopSum {
  readonly #observer: StopObserver;
  /** Numbers of threads that have not begun to stop, and of those that have not stopped. */
  readonly #serving: Set<number>;
  readonly #open: Set<number>;
  #stop: StopRecord = { connections: 0, calls: 0 };
  #stopped: StoppedRecord = { drained: 0, cut: 0 };

  /**
   * @param observer Hears the sums.
   * @param threads How many threads there are; their numbers begin at 0.
   */
  constructor(observer: StopObserver, threads: number) {
    this.#observer = observer;
    this.#serving = new Set(Array(threads).keys());
    this.#open = new Set(this.#serving);
  }

  /**
   * A thread begins to stop.
   *
   * @param thread Its number.
   * @param stop What it has to do.
   */
  stopping(thread: number, { connections, calls }: StopRecord): void {
    if (!this.#serving.delete(thread)) return;
    this.#stop = {
      connections: this.#stop.connections + connections,
      calls: this.#stop.calls + calls,
    };
    if (this.#serving.size === 0) this.#observer.serverStopping?.(this.#stop);
  }

  /**
   * A thread has stopped.
   *
   * @param thread Its number.
   * @param stopped How its calls ended.
   */
  stopped(thread: number, { drained, cut }: StoppedRecord): void {
    this.stopping(thread, { connections: 0, calls: 0 });
    if (!this.#open.delete(thread)) return;
    this.#stopped = { drained: this.#stopped.drained + drained, cut: this.#stopped.cut + cut };
    if (this.#open.size === 0) this.#observer.serverStopped?.(this.#stopped);
  }
}
