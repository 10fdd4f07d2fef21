/** Stands in for the runtime's timers until it is disposed; time passes by `advance`. */
export class FakeTimers implements Disposable {
  readonly #originals = [
    globalThis.setTimeout,
    globalThis.clearTimeout,
    globalThis.setInterval,
    globalThis.clearInterval,
  ] as const;
  readonly #timers = new Map<number, { at: number; callback: () => void; everyMs?: number }>();
  #lastId = 1_000_000_000; // ids that no timer of the runtime has
  #now = 0;

  constructor() {
    globalThis.setTimeout = ((callback: () => void, ms = 0) => {
      // As the runtime's timers: a longer time than they hold fires at once.
      const at = this.#now + (ms > 2 ** 31 - 1 ? 0 : ms);
      this.#timers.set(++this.#lastId, { at, callback });
      return this.#lastId;
    }) as unknown as typeof setTimeout;
    globalThis.setInterval = ((callback: () => void, everyMs = 0) => {
      this.#timers.set(++this.#lastId, { at: this.#now + everyMs, callback, everyMs });
      return this.#lastId;
    }) as unknown as typeof setInterval;
    globalThis.clearInterval = globalThis.clearTimeout = (id) =>
      void this.#timers.delete(Number(id));
  }

  /** The time of these timers, in milliseconds. */
  get now(): number {
    return this.#now;
  }

  /** How many timers run. */
  get count(): number {
    return this.#timers.size;
  }

  /** Lets time pass, and calls back the timers that are due, in their order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while (true) {
      const [next] = [...this.#timers].toSorted(([, a], [, b]) => a.at - b.at);
      if (next === undefined || next[1].at > end) break;
      this.#now = Math.max(this.#now, next[1].at);
      const [id, { everyMs, callback }] = next;
      if (everyMs === undefined) this.#timers.delete(id);
      else this.#timers.set(id, { ...next[1], at: this.#now + everyMs });
      callback();
    }
    this.#now = end;
  }

  [Symbol.dispose](): void {
    [
      globalThis.setTimeout,
      globalThis.clearTimeout,
      globalThis.setInterval,
      globalThis.clearInterval,
    ] = this.#originals;
  }
}
