/**
 * What clients do with queues and jobs, and write down of it.
 *
 * @module
 */

import { DariError } from "../../../lib/base/errors.ts";
import type { Client } from "../../../lib/rpc/client/client.ts";
import type { ClientCallOptions } from "../../../lib/rpc/client/client_options.ts";
import { answering, Queue, type TakenMessage } from "../../../lib/messages/queue/queue.ts";
import { RemoteJobs } from "../../../lib/messages/wire/remote_jobs.ts";
import { RemoteQueues } from "../../../lib/messages/wire/remote_queues.ts";
import { Random } from "../time/random.ts";
import type { Answer, Body, Line } from "./lines.ts";

/** What a step is made with. */
export interface MessageParts {
  readonly client: Pick<Client, "call">;
  /** The number of the step, of which everything follows. */
  readonly id: number;
  /** When the step has to end, on the clock of the run. */
  readonly endsAt: number;
  /** The options of each of its calls. */
  readonly options: Pick<ClientCallOptions, "auth" | "signal">;
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
  readonly write: (line: Line) => void;
}

/** The queue that all clients use. */
export const QUEUE = "work";
/** The job that they put. */
export const JOB = "charge";
/** How long a message is its worker's, in milliseconds. */
export const LEASE_MS = 500;

const KEYS = 3;
const KEYED = 0.5;
const POISON = 0.08;
const DELAYED = 0.1;
/** The share of puts that are made twice. */
const AGAIN = 0.3;
/** The longest time that the work on a message takes, in milliseconds: some outlast their lease. */
const WORK_MS = 700;
const EXTENDED = 0.2;
const FAILING = 0.1;
/** The share of workers that leave without an answer. */
const LEAVING = 0.1;

/** One step of a client. */
export class MessageCalls {
  readonly #parts: MessageParts;
  readonly #random: Random;
  readonly #queue: Queue<Body>;
  readonly #jobs: RemoteJobs;

  /** @param parts What it is made with. */
  constructor(parts: MessageParts) {
    this.#parts = parts;
    this.#random = new Random(parts.id, "message");
    const { client, options, endsAt, now } = parts;
    const caller = {
      call(method: string, params: unknown) {
        const timeoutMs = Math.max(1, Math.floor(endsAt - now()));
        return client.call(method, params as object, { ...options, timeoutMs });
      },
    };
    const queues = new RemoteQueues(caller);
    this.#queue = new Queue(queues, QUEUE, answering<Body>(queues));
    this.#jobs = new RemoteJobs(caller);
  }

  /** Puts a message, some of them twice by the same id. */
  async put(): Promise<void> {
    const { id, write } = this.#parts;
    const random = this.#random;
    const n = `m${id}`;
    const isPoison = random.chance(POISON);
    const options = random.chance(KEYED)
      ? { key: `key-${random.whole(1, KEYS)}` }
      : { priority: random.whole(0, 9), delayMs: random.chance(DELAYED) ? 10 : 0 };
    const put = () => this.#queue.put({ n, isPoison }, { ...options, id: n });
    const receipt = await put();
    write({ kind: "put", n, lane: n, isPoison, ...receipt });
    if (!random.chance(AGAIN)) return;
    const { number, isDuplicate } = await put();
    if (number === receipt.number && isDuplicate) return;
    write({ kind: "put", n, lane: n, isPoison, number, isDuplicate });
  }

  /** Puts a job. */
  async enqueue(): Promise<void> {
    const n = `j${this.#parts.id}`;
    const { job } = await this.#jobs.enqueue(JOB, { n }, { id: n });
    this.#parts.write({ kind: "job", n, job });
  }

  /** Takes a message where there is one, works on it, and answers. */
  async work(): Promise<void> {
    const { now, write, pause, endsAt } = this.#parts;
    const askedAt = now();
    const waitMs = this.#random.chance(0.5) ? 300 : 0;
    const message = await this.#queue.take({ leaseMs: LEASE_MS, waitMs });
    if (message === null) return;
    const { lease, number, key, tries, value: { n, isPoison } } = message;
    write({ kind: "run", n, number, key, lease, tries, askedAt, at: now() });
    const workMs = this.#random.chance(0.5) ? 0 : this.#random.whole(0, WORK_MS);
    await pause(Math.min(workMs, Math.max(0, endsAt - now())));
    if (this.#random.chance(LEAVING) || now() >= endsAt) return;
    const answer: Answer = isPoison || this.#random.chance(FAILING) ? "nack" : "ack";
    await this.#answer(message, answer);
  }

  async #answer(message: TakenMessage<Body>, answer: Answer): Promise<void> {
    const { now, write } = this.#parts;
    const { lease } = message;
    try {
      if (this.#random.chance(EXTENDED)) {
        const askedAt = now();
        await message.extend();
        write({ kind: "extended", lease, askedAt, at: now() });
      }
      write({ kind: "answers", lease, answer, at: now() });
      await (answer === "ack" ? message.ack() : message.nack({ delayMs: 50 }));
      write({ kind: "answered", lease, isTaken: true });
    } catch (error) {
      if (!(error instanceof DariError && error.code === "failed_precondition")) throw error;
      write({ kind: "answered", lease, isTaken: false });
    }
  }
}
