/**
 * Events in the order of their time, and of their making where the time is the same.
 *
 * @module
 */

import type { Program } from "./timeline.ts";

/** Something that happens once; as a timer it looks like the runtime's. */
export class SimulatedEvent {
  declare readonly at: number;
  declare readonly order: number;
  declare readonly what: string;
  declare readonly run: () => void;
  /** Whose it is; `undefined` for the world's. */
  declare owner: Program | undefined;
  /** Whether it keeps a program from ending. */
  declare isPersistent: boolean;
  declare isCancelled: boolean;
  /** Whether it is no program's, and no timer either. */
  declare isWorld: boolean;

  /**
   * @param at When it happens, in milliseconds.
   * @param order Tells events of one time apart.
   * @param what Its name in the trace.
   * @param owner Whose it is.
   * @param run What happens.
   */
  constructor(
    at: number,
    order: number,
    what: string,
    owner: Program | undefined,
    run: () => void,
  ) {
    this.at = at;
    this.order = order;
    this.what = what;
    this.owner = owner;
    this.run = run;
    this.isPersistent = true;
    this.isCancelled = false;
    this.isWorld = false;
  }

  /**
   * As of the runtime's timers. Waits that many parts of a program share are made like this, also
   * those of programs that are simulated beside it: nobody owns them.
   */
  unref(): this {
    this.isPersistent = false;
    this.owner = undefined;
    return this;
  }
}

/** A binary heap. Events that were cancelled stay in it until their time comes. */
export class EventQueue {
  readonly #heap: SimulatedEvent[] = [];

  /** The events that were not cancelled, in no order. */
  *pending(): Generator<SimulatedEvent> {
    for (const event of this.#heap) if (!event.isCancelled) yield event;
  }

  /** Adds an event. */
  add(event: SimulatedEvent): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (isBefore(heap[above]!, event)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = event;
  }

  /** The next event that was not cancelled, which stays. */
  peek(): SimulatedEvent | undefined {
    while (this.#heap[0]?.isCancelled === true) this.#removeFirst();
    return this.#heap[0];
  }

  /** Takes the next event that was not cancelled. */
  take(): SimulatedEvent | undefined {
    const first = this.peek();
    if (first !== undefined) this.#removeFirst();
    return first;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    const { length } = heap;
    if (length === 0) return;
    let at = 0;
    while (true) {
      let below = 2 * at + 1;
      if (below >= length) break;
      if (below + 1 < length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (isBefore(last, heap[below]!)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(a: SimulatedEvent, b: SimulatedEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
