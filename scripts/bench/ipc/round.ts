/**
 * One round of a contestant: it works until the time is over, and counts. It runs under Node as well
 * (its types are stripped for that), hence the node: modules.
 *
 * @module
 */

import { createInterface } from "node:readline";
import process from "node:process";

/** What a contestant is told to do. */
export interface RoundOrder {
  /** Time to get going, which is not counted. */
  readonly warmUpSeconds: number;
  /** Time that counts. */
  readonly seconds: number;
}

/** What came of it. */
export interface RoundResult {
  /** How much was done. */
  readonly count: number;
  /** In what time. */
  readonly seconds: number;
}

const LOOK_EVERY = 32;

/** A span of time, and what is done in it. */
export class Span implements RoundResult {
  readonly #start = performance.now();
  readonly #end: number;
  #steps = 0;
  /** How much was done. */
  count = 0;

  /** @param seconds How long it is. */
  constructor(seconds: number) {
    this.#end = this.#start + seconds * 1_000;
  }

  /** The time since it began. */
  get seconds(): number {
    return (performance.now() - this.#start) / 1_000;
  }

  /**
   * Notes that something was done; looks at the clock now and then, because that has its price.
   *
   * @returns Whether there is time for more.
   */
  note(done = 1): boolean {
    this.count += done;
    return ++this.#steps % LOOK_EVERY !== 0 || performance.now() < this.#end;
  }
}

/**
 * Takes orders from standard input, one JSON value a line, and answers each with the line `warm` and
 * then its result. The first line of output names the contestant's processes.
 *
 * @param work Works until the span is over.
 * @param pids Processes beside this one.
 */
export async function carryRounds(
  work: (span: Span) => Promise<void>,
  pids: readonly number[] = [],
): Promise<void> {
  console.log(JSON.stringify({ pids: [process.pid, ...pids] }));
  for await (const line of createInterface({ input: process.stdin })) {
    const { warmUpSeconds, seconds }: RoundOrder = JSON.parse(line);
    if (warmUpSeconds > 0) await work(new Span(warmUpSeconds));
    console.log("warm");
    const span = new Span(seconds);
    await work(span);
    console.log(JSON.stringify({ count: span.count, seconds: span.seconds }));
  }
}
