/**
 * The stress run: four workers at a time, through the queue, through pipes, and in the pool; every
 * message is counted. Prints one JSON value, and ends with 1 where anything was lost, doubled or out
 * of order.
 *
 * Arguments: seconds in all.
 *
 * @module
 */

import { type PipeDescriptor, Queue, WorkerPool } from "../../../../lib/ipc/mod.ts";
import { type Faults, Tally } from "./tally.ts";
import { type Report, SENDERS, type Task } from "./worker.ts";

/** What one part of the run found. */
export interface StressFigure extends Faults {
  /** The part. */
  readonly name: string;
  /** How many messages arrived. */
  readonly messages: number;
  /** How many of them in a second. */
  readonly rate: number;
}

const MAX_MESSAGES = 1 << 28;
const QUEUE_ITEMS = 256;
const POOL_WORKERS = 4;
const CALLS_IN_FLIGHT = 128;

async function stressQueue(seconds: number): Promise<StressFigure> {
  const book = Tally.create(SENDERS, MAX_MESSAGES);
  const tally = book.buffer;
  const { buffer: queue, close } = openQueue();
  const senders = [0, 1].map((sender) => start({ role: "put", sender, tally, queue }).count);
  const receivers = [0, 1].map(() => start({ role: "take", tally, queue }).count);
  return await settle("queue, 2 producers, 2 consumers", seconds, book, senders, receivers, close);
}

async function stressPipes(seconds: number): Promise<StressFigure> {
  const book = Tally.create(SENDERS, MAX_MESSAGES);
  const tally = book.buffer;
  const senders = [0, 1].map((sender) => start({ role: "write", sender, tally }));
  const receivers = senders.map(async ({ end }) => {
    return await start({ role: "read", tally, end: await end }).count;
  });
  const counts = senders.map(({ count }) => count);
  return await settle("2 pipes, 2 workers each", seconds, book, counts, receivers, () => {});
}

function openQueue(): { buffer: SharedArrayBuffer; close(): void } {
  const queue = Queue.create({ maxItems: QUEUE_ITEMS });
  return { buffer: queue.buffer, close: () => queue.close() };
}

/** Lets them work, and compares what was sent with what has arrived. */
async function settle(
  name: string,
  seconds: number,
  tally: Tally,
  senders: Promise<number>[],
  receivers: Promise<number>[],
  close: () => void,
): Promise<StressFigure> {
  const start = performance.now();
  setTimeout(() => tally.stop(), seconds * 1_000);
  const sent = await Promise.all(senders);
  close();
  const messages = (await Promise.all(receivers)).reduce((sum, count) => sum + count, 0);
  const rate = messages / (performance.now() - start) * 1_000;
  return { name, messages, rate, ...tally.faults(sent) };
}

/** Starts a worker; it ends when it has given its count. */
function start(task: Task): { end: Promise<PipeDescriptor>; count: Promise<number> } {
  const worker = new Worker(new URL("worker.ts", import.meta.url), { type: "module" });
  const end = Promise.withResolvers<PipeDescriptor>();
  const count = Promise.withResolvers<number>();
  worker.onmessage = ({ data }: MessageEvent<Report>) => {
    if ("end" in data) return end.resolve(data.end);
    count.resolve(data.count);
    worker.terminate();
  };
  worker.postMessage(task);
  return { end: end.promise, count: count.promise };
}

async function stressPool(seconds: number): Promise<StressFigure> {
  const module = new URL("methods.ts", import.meta.url);
  await using pool = new WorkerPool({ module, workers: POOL_WORKERS });
  const tally = Tally.create(POOL_WORKERS, MAX_MESSAGES);
  const workers: string[] = [];
  const runs: number[] = [];
  let messages = 0;
  let lost = 0;
  const start = performance.now();
  const end = start + seconds * 1_000;
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      const id = messages++;
      const reply = await pool.call("count", id) as { id: number; worker: string; run: number };
      if (reply.id !== id) lost++;
      if (!workers.includes(reply.worker)) workers.push(reply.worker);
      const worker = workers.indexOf(reply.worker);
      tally.note(worker, reply.run);
      runs[worker] = Math.max(runs[worker] ?? 0, reply.run + 1);
    }
  };
  await Promise.all(Array.from({ length: CALLS_IN_FLIGHT }, lane));
  const rate = messages / (performance.now() - start) * 1_000;
  const faults = tally.faults(runs);
  return { name: "pool, 4 workers", messages, rate, ...faults, lost: faults.lost + lost };
}

if (import.meta.main) {
  const seconds = Number(Deno.args[0]) / 3;
  const figures = [
    await stressQueue(seconds),
    await stressPipes(seconds),
    await stressPool(seconds),
  ];
  console.log(JSON.stringify(figures));
  if (figures.some(({ lost, doubled, disordered }) => lost + doubled + disordered > 0)) {
    Deno.exit(1);
  }
}
