/**
 * The load that every contestant's client carries: the same calls, the same checks of every reply.
 * It runs under Node as well (its types are stripped for that), hence the node: modules.
 *
 * @module
 */

import { createInterface } from "node:readline";
import process from "node:process";

/** What one round does. */
export interface Scenario {
  /** Its name in the table. */
  readonly name: string;
  /** Connections open at once. */
  readonly connections: number;
  /** Calls under way on each connection. */
  readonly inFlight: number;
  /**
   * `add` two numbers, `echo` a text, echo 1 MiB of `bytes`, or open a connection, add and
   * close it.
   */
  readonly work: "add" | "echo" | "bytes" | "connect";
  /** The length of the text that `echo` carries. @default {1_048_576} */
  readonly textBytes?: number;
  /**
   * Calls a second, made whatever becomes of those before, instead of `inFlight`; for `add` alone.
   * The time of a call counts from when it was due: a client that falls behind hides nothing.
   */
  readonly rate?: number;
}

/** One connection of a contestant. */
export interface LoadClient {
  /** Calls `add`. */
  add(a: number, b: number): Promise<number>;
  /** Calls `echo`. */
  echo(text: string): Promise<string>;
  /** Calls `echo` with bytes; absent where the contestant carries none. */
  echoBytes?(bytes: Uint8Array): Promise<Uint8Array>;
  /** Closes the connection. */
  close(): Promise<void> | void;
}

/** What a round gave. */
export interface LoadResult {
  /** Calls that were answered rightly. */
  readonly calls: number;
  /** Time that they took. */
  readonly seconds: number;
  /**
   * How long the middle call took, and what 99 of 100 did not exceed: of all calls at a rate, and of
   * some of those that `add` one at a time.
   */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

const WARM_UP_SECONDS = 0.3;
const TICK_SECONDS = 0.001;
/** One of so many calls is timed: two readings of the clock are no small part of one. */
const CALLS_PER_TIMED = 17;
const ECHO_TEXT = "0123456789abcdef".repeat(65_536);
const ECHO_BYTES = Uint8Array.from({ length: 1_048_576 }, (_, at) => at * 7 + (at >> 8));
/** Comparing each byte would cost more than carrying it. */
const COMPARED_BYTES_APART = 4_093;

/** Counts calls until it is told to stop. */
interface Run {
  calls: number;
  stopped: boolean;
  /** How long each call took that was timed, in milliseconds. */
  times: number[];
}

async function addForEver(
  client: LoadClient,
  run: Run,
  seed: number,
  isTimed: boolean,
): Promise<void> {
  for (let a = seed; !run.stopped; a++) {
    const start = isTimed && a % CALLS_PER_TIMED === 0 ? performance.now() : undefined;
    const sum = await client.add(a, 7);
    if (sum !== a + 7) throw new Error(`add(${a}, 7) gave ${sum}`);
    if (start !== undefined) run.times.push(performance.now() - start);
    run.calls++;
  }
}

async function addAtRate(clients: LoadClient[], rate: number, run: Run): Promise<void> {
  const start = performance.now();
  let failure: unknown, underWay = 0;
  const add = async (client: LoadClient, a: number, dueAt: number) => {
    underWay++;
    const sum = await client.add(a, 7);
    if (sum !== a + 7) throw new Error(`add(${a}, 7) gave ${sum}`);
    run.times.push(performance.now() - dueAt);
    run.calls++;
    underWay--;
  };
  for (let n = 0; !run.stopped || underWay > 0;) {
    if (failure !== undefined) throw failure;
    const now = performance.now();
    for (let dueAt; !run.stopped && (dueAt = start + n * 1_000 / rate) <= now; n++) {
      const client = clients[n % clients.length];
      if (client !== undefined) add(client, n, dueAt).catch((error) => failure = error);
    }
    await pause(TICK_SECONDS);
  }
}

async function echoForEver(client: LoadClient, run: Run, text: string): Promise<void> {
  while (!run.stopped) {
    if (await client.echo(text) !== text) throw new Error("echo gave another text");
    run.calls++;
  }
}

async function echoBytesForEver(client: LoadClient, run: Run): Promise<void> {
  while (!run.stopped) {
    const bytes = await client.echoBytes?.(ECHO_BYTES);
    if (bytes === undefined || !isEcho(bytes)) throw new Error("echo gave other bytes");
    run.calls++;
  }
}

function isEcho(bytes: Uint8Array): boolean {
  if (!(bytes instanceof Uint8Array) || bytes.length !== ECHO_BYTES.length) return false;
  for (let at = 0; at < bytes.length; at += COMPARED_BYTES_APART) {
    if (bytes[at] !== ECHO_BYTES[at]) return false;
  }
  return bytes.at(-1) === ECHO_BYTES.at(-1);
}

async function connectForEver(open: () => Promise<LoadClient>, run: Run): Promise<void> {
  while (!run.stopped) {
    const client = await open();
    const sum = await client.add(run.calls, 7);
    if (sum !== run.calls + 7) throw new Error(`add(${run.calls}, 7) gave ${sum}`);
    await client.close();
    run.calls++;
  }
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}

/** Carries one round of load: warms up, counts for the given time, and closes what it opened. */
export async function carry(
  open: () => Promise<LoadClient>,
  { connections, inFlight, work, rate, textBytes }: Scenario,
  seconds: number,
  onWarm: () => void,
): Promise<LoadResult> {
  const clients: LoadClient[] = [];
  if (work !== "connect") { while (clients.length < connections) clients.push(await open()); }
  const run: Run = { calls: 0, stopped: false, times: [] };
  const lanes = rate === undefined ? [] : [addAtRate(clients, rate, run)];
  for (let lane = 0; rate === undefined && lane < connections * inFlight; lane++) {
    const client = clients[lane % connections];
    if (client === undefined) lanes.push(connectForEver(open, run));
    else if (work === "add") lanes.push(addForEver(client, run, lane, inFlight === 1));
    else if (work === "bytes") lanes.push(echoBytesForEver(client, run));
    else lanes.push(echoForEver(client, run, ECHO_TEXT.slice(0, textBytes)));
  }
  const failed = Promise.all(lanes).then(() => {});
  await Promise.race([pause(WARM_UP_SECONDS), failed]);
  onWarm();
  const callsBefore = run.calls;
  run.times.length = 0;
  const start = performance.now();
  await Promise.race([pause(seconds), failed]);
  const calls = run.calls - callsBefore;
  const elapsed = (performance.now() - start) / 1_000;
  run.stopped = true;
  await failed;
  for (const client of clients) await client.close();
  if (run.times.length === 0) return { calls, seconds: elapsed };
  const sorted = run.times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;
  return { calls, seconds: elapsed, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/**
 * Takes scenarios from standard input, one JSON value a line, and answers each with the line `warm`
 * and then its result.
 *
 * @param open Opens a connection to the contestant's server.
 */
export async function carryLoads(open: () => Promise<LoadClient>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const { scenario, seconds } = JSON.parse(line);
    const result = await carry(open, scenario, seconds, () => console.log("warm"));
    console.log(JSON.stringify(result));
  }
}
