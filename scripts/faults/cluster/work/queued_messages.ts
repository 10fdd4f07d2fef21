/**
 * Messages of a queue that are put at all servers, and taken and acknowledged at all of them.
 *
 * @module
 */

import { delay } from "../../../../lib/base/abort.ts";
import type { Queue } from "../../../../lib/messages/mod.ts";
import { type Broken, failureOf, type Work, type WorkParts } from "./work.ts";

/** How long somebody who took a message may keep it, and how often it may be taken. */
const LEASE_MS = 5_000, TRIES = 1_000;
/** How many are taken at once. */
const MOST_TAKEN = 4;
/** What is left in the end has to be given within this time. */
const DRAIN_MS = 60_000;
const PAUSE_MS = 100;

interface Body {
  readonly n: string;
}

/** A message that was put for certain. */
interface PutMessage {
  /** When each time began that it was taken. */
  readonly takenAtMs: number[];
  /** When its acknowledgement was confirmed. */
  ackedAtMs?: number;
}

/** The messages. */
export class QueuedMessages implements Work {
  readonly name = "messages";
  readonly rate: number;
  readonly #parts: WorkParts;
  readonly #put = new Set<string>();
  readonly #messages = new Map<string, PutMessage>();

  /**
   * @param parts What they go through.
   * @param rate How many are put, or taken, in a second.
   */
  constructor(parts: WorkParts, rate: number) {
    this.#parts = parts;
    this.rate = rate;
  }

  async prepare(): Promise<void> {
    await this.#queue(0).configure({ leaseMs: LEASE_MS, maxTries: TRIES, backoffMs: 1 });
  }

  async step(): Promise<void> {
    const { clients, random, journal } = this.#parts;
    const server = clients.any();
    const begun = { work: this.name, server, isWrite: true, invokedAtMs: journal.now() };
    try {
      const written = random.chance(0.5) ? this.#putOne(server) : this.#takeSome(server);
      // Where there is nothing to take, nothing is written.
      journal.add({ ...begun, isWrite: await written > 0 });
    } catch (error) {
      journal.add({ ...begun, failure: failureOf(error) });
    }
  }

  async judge(): Promise<Broken[]> {
    await this.#drain();
    const broken: Broken[] = [];
    for (const n of this.#put) {
      if (this.#messages.get(n)?.ackedAtMs !== undefined) continue;
      const known = this.#messages.get(n)?.takenAtMs.length ?? 0;
      // One whose acknowledgement was not confirmed may be done; one that nobody was given is lost.
      if (known === 0) broken.push({ promise: "no message is lost", what: `${n} was never given` });
    }
    for (const [n, { takenAtMs, ackedAtMs = Infinity }] of this.#messages) {
      if (takenAtMs.every((atMs) => atMs <= ackedAtMs)) continue;
      broken.push({ promise: "what was acknowledged is done", what: `${n} was given again` });
    }
    return broken;
  }

  async #putOne(server: number): Promise<number> {
    const n = crypto.randomUUID();
    await this.#queue(server).put({ n }, { id: n });
    this.#put.add(n);
    return 1;
  }

  async #takeSome(server: number): Promise<number> {
    const { journal } = this.#parts;
    const invokedAtMs = journal.now();
    const taken = await this.#queue(server).takeMany({ max: MOST_TAKEN, leaseMs: LEASE_MS });
    await Promise.all(taken.map(async ({ value, ack }) => {
      const message = this.#messages.get(value.n) ?? { takenAtMs: [] };
      this.#messages.set(value.n, message);
      message.takenAtMs.push(invokedAtMs);
      await ack();
      message.ackedAtMs ??= journal.now();
    }));
    return taken.length;
  }

  /** Takes what is left, also what somebody took who did not say that it is done. */
  async #drain(): Promise<void> {
    const { clients, journal } = this.#parts;
    const endsAtMs = journal.now() + DRAIN_MS;
    for (;;) {
      if (await this.#takeSome(clients.any()) > 0) continue;
      const { waiting, delayed, leased, dead } = await this.#queue(0).show();
      if (waiting + delayed + leased + dead === 0) return;
      if (journal.now() > endsAtMs) throw new Error(`${waiting + leased} messages are left`);
      await delay(PAUSE_MS);
    }
  }

  #queue(server: number): Queue<Body> {
    return this.#parts.clients.local[server]!.queue<Body>(this.#parts.round);
  }
}
