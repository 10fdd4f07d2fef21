/**
 * The load that every contestant of the messages benchmark carries. It runs under Node as well (its
 * types are stripped for that), hence the node: modules.
 *
 * @module
 */

import { createInterface } from "node:readline";
import process from "node:process";

/** What a message says. */
export interface Body {
  /** When it was due, on the clock of `performance.now()`; 0 where nobody measures that. */
  readonly due: number;
  /** What makes it as long as messages are. */
  readonly text: string;
}

/** A queue of a contestant. */
export interface BenchQueue {
  /** Puts a message; resolves once the contestant says that it will not be lost. */
  put(body: Body): Promise<unknown>;
  /** Puts many, as fast as the contestant can. */
  fill(bodies: readonly Body[]): Promise<unknown>;
  /**
   * Takes messages and acknowledges them, in so many lanes at once.
   *
   * @param lanes How many are at work at the same time.
   * @param handle Gets each message.
   * @param done Called once the acknowledgement of one is confirmed.
   * @returns Ends it.
   */
  work(
    lanes: number,
    handle: (body: Body) => void,
    done: () => void,
  ): Promise<() => Promise<unknown>>;
  /** Publishes a message to the topic of the queue's name; absent where there are no topics. */
  publish?(body: Body): Promise<unknown>;
  /**
   * Subscribes to that topic.
   *
   * @param heard Called for each message.
   * @returns Ends it.
   */
  subscribe?(heard: () => void): () => Promise<unknown>;
}

/** What a contestant is told to do, with a queue of its own choice. */
export type Order =
  & { readonly queue: string; readonly lanes: number; readonly seconds: number }
  & (
    /** Puts `count` messages. */
    | { readonly kind: "fill"; readonly count: number }
    /** Puts without pause. */
    | { readonly kind: "put" }
    /** Takes and acknowledges what is there, `count` messages at most. */
    | { readonly kind: "take"; readonly count: number }
    /** Puts, takes and acknowledges at once: what is put waits for what is done. */
    | { readonly kind: "flow" }
    /** Puts `rate` messages a second, whatever becomes of them, and takes them. */
    | { readonly kind: "latency"; readonly rate: number }
    /** Publishes without pause. */
    | { readonly kind: "publish" }
    /** Publishes to so many subscribers, whose deliveries are counted. */
    | { readonly kind: "deliver"; readonly subscribers: number }
  );

/** What came of an order. */
export interface LoadResult {
  /** How many messages were done with. */
  readonly count: number;
  /** In what time. */
  readonly seconds: number;
  /** From the moment when a message was due until somebody had it, in milliseconds. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

const WARM_UP_MS = 300;
const TICK_MS = 1;
/** With the rest of its JSON about 100 bytes. */
const TEXT = "0123456789abcdef".repeat(5);
const FILL_BATCH = 1_000;
/** How many messages may be put and not done while both happen at once. */
const FLOW_AHEAD = 1_024;
/** How long messages may take that were put at a rate, once the time is over. */
const LATE_MS = 20_000;

/** Counts what is done. */
class Tally {
  total = 0;
  isOver = false;
  readonly times: number[] = [];
  #reached: { readonly count: number; resolve(): void } | undefined;
  readonly #failed: Promise<never>;
  #reject: (error: unknown) => void = () => {};

  constructor() {
    this.#failed = new Promise((_, reject) => this.#reject = reject);
    this.#failed.catch(() => {});
  }

  readonly done = () => {
    this.total++;
    if (this.#reached !== undefined && this.total >= this.#reached.count) this.#reached.resolve();
  };

  readonly fail = (error: unknown) => this.#reject(error);

  /** Resolves after a time, or once so many are done. */
  async pass(ms: number, count = Infinity): Promise<void> {
    const reached = new Promise<void>((resolve) => this.#reached = { count, resolve });
    if (this.total >= count) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
    await Promise.race([over, reached, this.#failed]);
    clearTimeout(timer);
  }
}

function body(due = 0): Body {
  return { due, text: TEXT };
}

async function fill(queue: BenchQueue, count: number): Promise<void> {
  for (let left = count; left > 0; left -= FILL_BATCH) {
    await queue.fill(Array.from({ length: Math.min(left, FILL_BATCH) }, () => body()));
  }
}

/** Puts or publishes in so many lanes until the time is over. */
function puts(
  put: (body: Body) => Promise<unknown>,
  lanes: number,
  tally: Tally,
): Promise<void>[] {
  return Array.from({ length: lanes }, async () => {
    while (!tally.isOver) {
      await put(body());
      tally.done();
    }
  });
}

/** Publishes as long as the subscribers keep up. */
function deliver(
  queue: BenchQueue,
  { lanes, subscribers }: { readonly lanes: number; readonly subscribers: number },
  tally: Tally,
): Promise<void>[] {
  let published = 0;
  return Array.from({ length: lanes }, async () => {
    while (!tally.isOver) {
      if (published - tally.total / subscribers > FLOW_AHEAD / 4) await pause(TICK_MS);
      else {
        published++;
        await queue.publish!(body());
      }
    }
  });
}

/** Puts as long as not too much of it waits. */
function flow(queue: BenchQueue, lanes: number, tally: Tally): Promise<void>[] {
  let put = 0;
  return Array.from({ length: lanes }, async () => {
    while (!tally.isOver) {
      if (put - tally.total > FLOW_AHEAD) await pause(TICK_MS);
      else {
        put++;
        await queue.put(body());
      }
    }
  });
}

/** Puts when it is time for it, and waits for nothing. */
async function putAtRate(
  queue: BenchQueue,
  { rate, seconds }: { readonly rate: number; readonly seconds: number },
  tally: Tally,
): Promise<number> {
  const start = performance.now();
  const endsAt = start + WARM_UP_MS + seconds * 1_000;
  let count = 0;
  for (let now = start; now < endsAt; now = performance.now()) {
    for (let due; (due = start + count * 1_000 / rate) <= now; count++) {
      queue.put(body(due)).catch(tally.fail);
    }
    await pause(TICK_MS);
  }
  return count;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function measure(queue: BenchQueue, order: Order, warm: () => void): Promise<LoadResult> {
  const { seconds } = order;
  const tally = new Tally();
  const handle = (taken: Body) => {
    if (taken.due > 0) tally.times.push(performance.now() - taken.due);
  };
  if (order.kind === "fill") {
    warm();
    const start = performance.now();
    await fill(queue, order.count);
    return { count: order.count, seconds: (performance.now() - start) / 1_000 };
  }
  const stop = await startReaders(queue, order, handle, tally);
  const putting = startWriters(queue, order, tally);
  for (const each of putting) each.catch(tally.fail);
  const atRate = order.kind === "latency" ? putAtRate(queue, order, tally) : undefined;
  const most = order.kind === "take" ? order.count : Infinity;
  await tally.pass(WARM_UP_MS, most / 2);
  warm();
  const [before, start] = [tally.total, performance.now()];
  tally.times.length = 0;
  await tally.pass(seconds * 1_000, most);
  const count = tally.total - before;
  const took = (performance.now() - start) / 1_000;
  if (atRate !== undefined) await tally.pass(LATE_MS, await atRate);
  tally.isOver = true;
  await Promise.all(putting);
  await stop?.();
  return { count, seconds: took, ...(order.kind === "latency" ? timesOf(tally.times) : {}) };
}

/** Starts what takes messages; gives what ends it. */
async function startReaders(
  queue: BenchQueue,
  order: Order,
  handle: (taken: Body) => void,
  tally: Tally,
): Promise<(() => Promise<unknown>) | undefined> {
  if (order.kind === "put" || order.kind === "publish") return undefined;
  if (order.kind !== "deliver") return await queue.work(order.lanes, handle, tally.done);
  const stops = Array.from(
    { length: order.subscribers },
    () => queue.subscribe!(tally.done),
  );
  await pause(WARM_UP_MS); // until all of them are there
  return () => Promise.all(stops.map((stop) => stop()));
}

/** Starts what puts messages without a rate. */
function startWriters(queue: BenchQueue, order: Order, tally: Tally): Promise<void>[] {
  switch (order.kind) {
    case "put":
      return puts((body) => queue.put(body), order.lanes, tally);
    case "publish":
      return puts((body) => queue.publish!(body), order.lanes, tally);
    case "flow":
      return flow(queue, order.lanes, tally);
    case "deliver":
      return deliver(queue, order, tally);
    default:
      return [];
  }
}

function timesOf(times: readonly number[]): Pick<LoadResult, "p50Ms" | "p99Ms"> {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** What the first line of a contestant's output says. */
export interface About {
  /** Its processes beside this one. */
  readonly pids: readonly number[];
  /** What it is made of, for people. */
  readonly version: string;
  /** Whether it has topics as well. */
  readonly hasTopics?: boolean;
}

/**
 * Takes orders from standard input, one JSON value a line, and answers each with the line `warm` and
 * then its result.
 *
 * @param about What the contestant is.
 * @param open Opens a queue, the same one for the same name.
 */
export async function carryOrders(
  about: About,
  open: (queue: string) => BenchQueue | Promise<BenchQueue>,
): Promise<void> {
  console.log(JSON.stringify({ ...about, pids: [process.pid, ...about.pids] }));
  for await (const line of createInterface({ input: process.stdin })) {
    const order: Order = JSON.parse(line);
    const result = await measure(await open(order.queue), order, () => console.log("warm"));
    console.log(JSON.stringify(result));
  }
}
