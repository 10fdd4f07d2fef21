/**
 * When things happen, and whose they are.
 *
 * @module
 */

/**
 * A program of the simulation. What it does next waits while it is frozen, and never happens once it
 * is dead.
 */
export class Program {
  /** Its name in the trace. */
  readonly name: string;
  /** Set by a freeze, unset by the thaw. */
  isFrozen = false;
  /** Set when it was killed; never unset: its successor is another program. */
  isDead = false;

  /** @param name Its name in the trace. */
  constructor(name: string) {
    this.name = name;
  }
}

/** Where simulated parts get their time from. */
export interface Timeline {
  /** The time in milliseconds. */
  now(): number;
  /**
   * Calls back after a time.
   *
   * @param ms The time, in milliseconds.
   * @param what Its name in the trace.
   * @param run Called once.
   * @param owner The program that does it; without one the world does.
   * @returns A function that cancels it.
   */
  after(ms: number, what: string, run: () => void, owner?: Program): () => void;
  /** Writes down that something happened. */
  note(what: string): void;
}
