/**
 * `deno task bench threads`: what `dari serve --threads` gives for methods that need a core, and for
 * small ones, on 32 connections. The client runs beside the server, so on two cores it takes from it
 * what it needs itself, which is told.
 *
 * @module
 */

import { connect } from "../../lib/endpoint/connect.ts";
import { layOut } from "./report.ts";
import { LineProcess, usageOf } from "./process.ts";
import { median } from "./statistics.ts";
import { turnsIn } from "./turns.ts";

/** The figures of one method with so many threads. */
export interface ThreadsFigure {
  /** The method. */
  readonly method: string;
  /** The threads. */
  readonly threads: number;
  /** Calls in a second, the median of the rounds. */
  readonly rate: number;
  /** The median, over the rounds, of its rate by that of one thread. */
  readonly ratio: number;
  /** Cores that the server had: fewer than it has threads where others want them too. */
  readonly serverCores: number;
  /** Cores that the client took. */
  readonly clientCores: number;
}

const CONNECTIONS = 32;
const START_TIMEOUT_MS = 60_000;
/** What one call of the heavy method takes of a core. */
const CALL_MS = 5;
const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const FLAGS = ["--allow-net", "--allow-read", "--allow-write", "--allow-env"];
const MODULE = `
  export function work({ turns }: { turns: number }): number {
    let sum = 0;
    for (let turn = 0; turn < turns; turn++) sum = Math.imul(sum ^ turn, 0x9e3779b1);
    return sum;
  }
  export const add = ({ a, b }: { a: number; b: number }) => a + b;
`;

/** The methods, and their params. */
type Load = readonly [method: string, params: Readonly<Record<string, number>>];

/** What one run gave. */
type Measured = Pick<ThreadsFigure, "rate" | "serverCores" | "clientCores">;

/** Measures; the numbers of threads take turns in each round. */
export async function runThreadsBench(
  directory: string,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<ThreadsFigure[]> {
  const module = `${directory}/threads_methods.ts`;
  await Deno.writeTextFile(module, MODULE);
  const counts = [1, navigator.hardwareConcurrency];
  const loads: Load[] = [["work", { turns: turnsIn(CALL_MS) }], ["add", { a: 10, b: 20 }]];
  const runs = new Map<string, Measured[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [method, params] of loads) {
      for (const threads of counts) {
        const data = `${directory}/threads_${threads}`;
        const key = JSON.stringify([method, threads]);
        runs.set(key, runs.get(key) ?? []);
        runs.get(key)?.push(await measure(module, data, threads, [method, params], seconds));
      }
    }
  }
  return [...runs].map(([key, measured]) => {
    const [method, threads] = JSON.parse(key) as [string, number];
    const one = runs.get(JSON.stringify([method, 1])) ?? [];
    const middle = (of: (run: Measured, round: number) => number) => median(measured.map(of));
    return {
      method,
      threads,
      rate: middle(({ rate }) => rate),
      ratio: middle(({ rate }, round) => rate / (one[round]?.rate ?? NaN)),
      serverCores: middle(({ serverCores }) => serverCores),
      clientCores: middle(({ clientCores }) => clientCores),
    };
  });
}

async function measure(
  module: string,
  data: string,
  threads: number,
  [method, params]: Load,
  seconds: number,
): Promise<Measured> {
  const words = ["--data", data, "--listen", "tls://127.0.0.1:0", "--threads", `${threads}`];
  const quiet = ["--json", "--log-level", "warn"];
  await using server = new LineProcess({
    command: Deno.execPath(),
    args: ["run", "--quiet", "--no-check", ...FLAGS, CLI, "serve", module, ...words, ...quiet]
      .concat(
        ...["work", "add"].map((name) => ["--public", name]),
      ),
  });
  const { addresses }: { addresses: string[] } = JSON.parse(
    await server.readLine(START_TIMEOUT_MS),
  );
  const address = addresses.at(-1) ?? "";
  const ca = await Deno.readTextFile(`${data}/ca.crt`);
  const clients = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => connect(address, { ca })),
  );
  try {
    const start = performance.now();
    const before = await Promise.all([server.usage(), usageOf(Deno.pid)]);
    const endMs = start + 1_000 * seconds;
    let calls = 0;
    await Promise.all(clients.map(async (client) => {
      while (performance.now() < endMs) {
        await client.call(method, params);
        calls++;
      }
    }));
    const tookMs = performance.now() - start;
    const after = await Promise.all([server.usage(), usageOf(Deno.pid)]);
    const [serverCores = NaN, clientCores = NaN] = after.map(({ cpuSeconds }, at) =>
      1_000 * (cpuSeconds - before[at]!.cpuSeconds) / tookMs
    );
    return { rate: 1_000 * calls / tookMs, serverCores, clientCores };
  } finally {
    for (const client of clients) await client.close();
  }
}

/** The figures as a table. */
export function describeThreads(figures: readonly ThreadsFigure[]): string[] {
  return layOut(
    [
      { title: `${CONNECTIONS} connections`, left: true },
      { title: "threads" },
      { title: "calls/s" },
      { title: "ratio" },
      { title: "cores of the server" },
      { title: "of the client" },
    ],
    figures.map(({ method, threads, rate, ratio, serverCores, clientCores }) => [
      method === "work" ? `${CALL_MS} ms of a core` : method,
      `${threads}`,
      rate.toFixed(0),
      ratio.toFixed(2),
      serverCores.toFixed(2),
      clientCores.toFixed(2),
    ]),
  );
}
