/**
 * The one clock of a simulation, and the loop that moves it.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { EventQueue, SimulatedEvent } from "./event_queue.ts";
import type { Program, Timeline } from "./timeline.ts";
import type { Trace } from "./trace.ts";

/** The time of day at which every simulation begins. */
const DAWN_MS = Date.parse("2026-01-01T00:00:00Z");
/** The longest time that the runtime's timers take; a longer one fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Time passes from one event to the next. Between two of them everything runs that follows from the
 * first without waiting: the microtasks, and the imports of modules that are loaded already.
 */
export class VirtualTime implements Timeline {
  readonly #queue = new EventQueue();
  readonly #trace: Trace;
  /** What frozen programs do when they thaw, in order. */
  readonly #held: SimulatedEvent[] = [];
  #now = 0;
  #order = 0;
  /** What has to settle before the next event. */
  #heldFor: Promise<unknown> | undefined;
  /** How many turns of the real event loop the event that runs still needs. */
  #turns = 0;
  /** Whose event runs. */
  current: Program | undefined;

  /** @param trace Takes what happens. */
  constructor(trace: Trace) {
    this.#trace = trace;
  }

  now(): number {
    return this.#now;
  }

  /** The time of day in milliseconds since the epoch. */
  wall(): number {
    return DAWN_MS + Math.floor(this.#now);
  }

  after(ms: number, what: string, run: () => void, owner?: Program): () => void {
    const event = this.#add(ms, what, owner, run);
    event.isWorld = owner === undefined;
    return () => void (event.isCancelled = true);
  }

  note(what: string): void {
    this.#trace.add(this.#now, what);
  }

  /** As the runtime's `setTimeout`, for the program whose event runs. */
  setTimer(callback: () => void, ms = 0): SimulatedEvent {
    const whole = ms >= 1 && ms <= LONGEST_TIMER_MS ? Math.trunc(ms) : 1;
    return this.#add(whole, "timer", this.current, callback);
  }

  /** A module is being imported, which takes the real event loop more than one turn. */
  imports(): void {
    this.#turns = 4;
  }

  /** Nothing else happens until a promise has settled, which needs no other event for that. */
  hold(promise: Promise<unknown>): void {
    this.#heldFor = promise.catch(() => {});
  }

  /** What is done in this event is a program's, although the event is the world's. */
  actAs(program: Program): void {
    this.current = program;
    this.#turns = Math.max(1, this.#turns);
  }

  /** Holds what a program does next. */
  freeze(program: Program): void {
    program.isFrozen = true;
  }

  /** Lets a program go on. */
  thaw(program: Program): void {
    program.isFrozen = false;
    for (const event of this.#held.splice(0)) {
      if (event.owner === program) {
        this.#add(0, event.what, program, () => happenUnlessCancelled(event));
      } else this.#held.push(event);
    }
  }

  /** The events that have not happened. */
  pending(): Iterable<SimulatedEvent> {
    return this.#queue.pending();
  }

  /**
   * Runs until a condition holds or nothing is left to happen.
   *
   * @param isOver Asked before each event.
   * @param untilMs The time after which nothing happens.
   * @returns Whether the condition holds.
   */
  async run(isOver: () => boolean, untilMs = Infinity): Promise<boolean> {
    while (!isOver()) {
      const event = this.#queue.peek();
      if (event === undefined) return false;
      if (event.at > untilMs) {
        this.#now = Math.max(this.#now, untilMs);
        return isOver();
      }
      this.#queue.take();
      this.#now = event.at;
      // The world only makes other events happen. In the second turn those go on that waited for one.
      this.#turns = event.isWorld ? 0 : 2;
      this.#happen(event);
      for (; this.#turns > 0; this.#turns--) await turn();
      if (this.#heldFor !== undefined) await this.#heldFor.then(turn);
      this.#heldFor = undefined;
      this.current = undefined;
    }
    return true;
  }

  #happen(event: SimulatedEvent): void {
    const { owner } = event;
    if (owner?.isDead === true) return;
    if (owner?.isFrozen === true) return void this.#held.push(event);
    this.current = owner;
    this.note(owner === undefined ? event.what : `${owner.name} ${event.what}`);
    try {
      event.run();
    } catch (error) {
      reportError(error); // as of a timer of the runtime: other events go on
    }
  }

  #add(ms: number, what: string, owner: Program | undefined, run: () => void): SimulatedEvent {
    const event = new SimulatedEvent(this.#now + ms, this.#order++, what, owner, run);
    this.#queue.add(event);
    return event;
  }
}

/** A timer may be cancelled between the thaw and its turn. */
function happenUnlessCancelled(event: SimulatedEvent): void {
  if (!event.isCancelled) event.run();
}

/** One turn of the real event loop: by its end every microtask has run. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
