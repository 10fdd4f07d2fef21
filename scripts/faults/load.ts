/**
 * The load that every contestant's client carries while servers fail: so many calls a second, whether
 * or not those before were answered. Its types are stripped for Node.
 *
 * @module
 */

import { createInterface } from "node:readline";
import process from "node:process";

/** A client of three servers. Each call carries a number of its own. */
export interface FaultClient {
  /** Makes a call that may run twice. */
  put(n: number): Promise<unknown>;
  /** Makes a call that must not run twice. */
  add(n: number): Promise<unknown>;
  /** How many tries there were behind first ones; absent where only the servers know. */
  retries?(): number;
  /** Ends its connections. */
  close(): Promise<void> | void;
}

/** What became of the calls. */
export interface LoadRecord {
  /** When the first call was due, in milliseconds since 1970. */
  readonly begunAt: number;
  /** Calls a second: call `n` was due `n / rate` seconds later. Those with even numbers are `put`. */
  readonly rate: number;
  /** How long each took from when it was due, in milliseconds. */
  readonly tookMs: readonly number[];
  /** The calls that failed, and why. */
  readonly failed: readonly (readonly [n: number, why: string])[];
  /** Tries behind first ones; absent where only the servers know. */
  readonly retries?: number;
}

/** A load that goes on until it is stopped. */
export interface RunningLoad {
  /** When the first call was due, in milliseconds since 1970. */
  readonly begunAt: number;
  /** Makes no more calls. Resolves once all have ended. */
  stop(): Promise<LoadRecord>;
}

const now = () => performance.timeOrigin + performance.now();

/** Whether a call may run twice. */
export function isPut(n: number): boolean {
  return n % 2 === 0;
}

/**
 * Begins to make calls.
 *
 * @param client Makes them.
 * @param rate How many a second.
 */
export function beginLoad(client: FaultClient, rate: number): RunningLoad {
  const begunAt = now();
  const tookMs: number[] = [];
  const failed: [number, string][] = [];
  const running = new Set<Promise<void>>();
  let next = 0;
  const make = (n: number) => {
    const dueAt = begunAt + n * 1_000 / rate;
    const ended = () => void (tookMs[n] = Math.round((now() - dueAt) * 100) / 100);
    const one: Promise<void> = (isPut(n) ? client.put(n) : client.add(n)).then(ended, (error) => {
      ended();
      failed.push([n, `${error.code} ${error.message}`]);
    }).finally(() => running.delete(one));
    running.add(one);
  };
  const timer = setInterval(() => {
    const due = Math.floor((now() - begunAt) * rate / 1_000);
    while (next <= due) make(next++);
  }, 1);
  return {
    begunAt,
    async stop() {
      clearInterval(timer);
      await Promise.all(running);
      const retries = client.retries?.();
      return { begunAt, rate, tookMs, failed, ...(retries === undefined ? {} : { retries }) };
    },
  };
}

/**
 * Takes orders from standard input, a line each: a number begins a load of so many calls a second, and
 * is answered with when it began; `stop` ends it, and is answered with its record.
 *
 * @param client Makes the calls.
 */
export async function carryLoad(client: FaultClient): Promise<void> {
  console.log("connected");
  let load: RunningLoad | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line);
    if (typeof order === "number") {
      load = beginLoad(client, order);
      console.log(JSON.stringify(load.begunAt));
    } else console.log(JSON.stringify(await load?.stop()));
  }
  await client.close();
}
