/**
 * Calls over the network of a method that must not run twice, with idempotency keys and without.
 *
 * @module
 */

import { type Broken, failureOf, type Journal, type Work } from "./work.ts";
import type { Clients } from "./clients.ts";

/** A call that was answered. */
interface Noted {
  readonly id: string;
  readonly key: string | undefined;
  /** Names the run that the answer is of. */
  readonly run: string;
}

/** So many calls are looked at together in the end. */
const AT_ONCE = 50;

/** What these calls go through. */
export interface NoteCallsParts {
  readonly clients: Pick<Clients, "network" | "local" | "any">;
  readonly journal: Journal;
  /** Reads what ran, a line each, of all servers together. */
  readonly readEffects: () => Promise<string>;
}

/** The calls. */
export class NoteCalls implements Work {
  readonly name: string;
  readonly rate: number;
  readonly #parts: NoteCallsParts;
  readonly #isKeyed: boolean;
  readonly #answered: Noted[] = [];

  /**
   * @param parts What they go through.
   * @param rate How many in a second.
   * @param isKeyed Whether they have idempotency keys.
   */
  constructor(parts: NoteCallsParts, rate: number, isKeyed: boolean) {
    this.name = isKeyed ? "calls with a key" : "calls";
    this.rate = rate;
    this.#parts = parts;
    this.#isKeyed = isKeyed;
  }

  async step(): Promise<void> {
    const { clients: { network }, journal } = this.#parts;
    const id = crypto.randomUUID();
    const key = this.#isKeyed ? id : undefined;
    const begun = {
      ...{ work: this.name, server: undefined, isWrite: this.#isKeyed },
      invokedAtMs: journal.now(),
    };
    try {
      const { run } = await network.call("note", { id }, { idempotencyKey: key });
      this.#answered.push({ id, key, run });
      journal.add(begun);
    } catch (error) {
      journal.add({ ...begun, failure: failureOf(error) });
    }
  }

  async judge(): Promise<Broken[]> {
    const runs = runsIn(await this.#parts.readEffects());
    const broken: Broken[] = [];
    for (const [id, own] of runs) {
      if (own.length > 1) {
        broken.push({ promise: "nothing runs twice", what: `${id} ran ${own.length} times` });
      }
    }
    for (const { id, run } of this.#answered) {
      if (runs.get(id)?.includes(run)) continue;
      broken.push({ promise: "what was answered has run", what: `${id} did not run as ${run}` });
    }
    for (let at = 0; this.#isKeyed && at < this.#answered.length; at += AT_ONCE) {
      const part = this.#answered.slice(at, at + AT_ONCE);
      broken.push(...(await Promise.all(part.map((noted) => this.#ask(noted)))).flat());
    }
    this.#answered.length = 0;
    return broken;
  }

  /** The same call again has to be given the same answer, whichever server is asked. */
  async #ask({ id, key, run }: Noted): Promise<Broken[]> {
    const { clients: { network } } = this.#parts;
    const promise = "answers of calls with a key are kept";
    try {
      const again = await network.call("note", { id }, { idempotencyKey: key });
      return again.run === run ? [] : [{ promise, what: `${id}: ${again.run} in place of ${run}` }];
    } catch (error) {
      return [{ promise, what: `${id}: ${(error as Error).message}` }];
    }
  }
}

/** The runs of each call. */
function runsIn(effects: string): Map<string, string[]> {
  const runs = new Map<string, string[]>();
  for (const line of effects.split("\n")) {
    const [id = "", run = ""] = line.split(" ");
    if (id !== "") runs.set(id, [...runs.get(id) ?? [], run]);
  }
  return runs;
}
