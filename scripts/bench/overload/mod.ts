/**
 * `deno task bench overload`: a server that gets twice the load that it can carry. The server and
 * the client have a core each where `taskset` is installed.
 *
 * @module
 */

import { LineProcess, type Program } from "../process.ts";
import { layOut } from "../report.ts";
import type { OpenLoad, OpenLoadResult } from "./client.ts";

/** One kind of work, with and without shedding. */
export interface OverloadFigure {
  /** The method, and how long it takes. */
  readonly work: string;
  /** The target delay in milliseconds; `Infinity` for a server that sheds nothing. */
  readonly targetDelayMs: number;
  /** The most calls that it answers each second. */
  readonly peak: number;
  /** At half of that. */
  readonly normal: OpenLoadResult;
  /** At twice of that. */
  readonly overload: OpenLoadResult;
}

interface Work {
  readonly name: string;
  readonly method: string;
  readonly workMs: number;
  readonly connections: number;
  /** Calls a second from which the search for the peak begins. */
  readonly tried: number;
}

const works: readonly Work[] = [
  { name: "5 ms, 1 connection", method: "work", workMs: 5, connections: 1, tried: 100 },
  { name: "5 ms, 32 connections", method: "work", workMs: 5, connections: 32, tried: 100 },
  { name: "2 ms, 32 connections", method: "work", workMs: 2, connections: 32, tried: 250 },
  { name: "add, 32 connections", method: "add", workMs: 0, connections: 32, tried: 20_000 },
];

const SHARP_TARGET_MS = 5;
const PATIENCE_MS = 120_000;

async function pinned(core: number, program: Program): Promise<Program> {
  const { success } = await new Deno.Command("sh", { args: ["-c", "command -v taskset"] }).output();
  if (!success || navigator.hardwareConcurrency < 2) return program;
  const { command, args } = program;
  return { command: "taskset", args: ["-c", String(core), command, ...args] };
}

function script(name: string, ...args: string[]): Program {
  const path = new URL(name, import.meta.url).pathname;
  return { command: Deno.execPath(), args: ["run", "--no-check", "--allow-net", path, ...args] };
}

/**
 * Measures.
 *
 * @param options How long each run takes, and the names of the kinds of work or parts of them.
 * @param report Takes a line for each that is done.
 */
export async function runOverloadBench(
  { seconds, only }: { readonly seconds: number; readonly only: readonly string[] },
  report: (line: string) => void,
): Promise<OverloadFigure[]> {
  const figures: OverloadFigure[] = [];
  for (const work of works) {
    if (only.length > 0 && !only.some((part) => work.name.includes(part))) continue;
    for (const targetDelayMs of [SHARP_TARGET_MS, Infinity]) {
      figures.push(await measure(work, targetDelayMs, seconds));
      report(`${work.name} is done`);
    }
  }
  return figures;
}

async function measure(
  work: Work,
  targetDelayMs: number,
  seconds: number,
): Promise<OverloadFigure> {
  const args = [String(work.workMs), String(targetDelayMs)];
  await using server = new LineProcess(await pinned(0, script("server.ts", ...args)));
  const address = await server.readAddress();
  await using client = new LineProcess(await pinned(1, script("client.ts", address)));
  const { method, connections } = work;
  const load = async (rate: number, runSeconds: number): Promise<OpenLoadResult> => {
    await client.send({ method, rate, connections, seconds: runSeconds } satisfies OpenLoad);
    return JSON.parse(await client.readLine(PATIENCE_MS));
  };
  await load(work.tried, 2); // warms up
  const peak = await peakOf(load, work.tried);
  const normal = await load(peak / 2, seconds + 1);
  const overload = await load(peak * 2, seconds + 1);
  return { work: work.name, targetDelayMs, peak, normal, overload };
}

/** The most answers a second, at rates that grow until there are a quarter more calls than answers. */
async function peakOf(
  load: (rate: number, seconds: number) => Promise<OpenLoadResult>,
  from: number,
): Promise<number> {
  let peak = 0;
  for (let rate = from;; rate *= 1.15) {
    const { goodput } = await load(rate, 3);
    peak = Math.max(peak, goodput);
    if (peak < rate * 0.8) return peak;
  }
}

/** The figures as a table. */
export function describeOverload(figures: readonly OverloadFigure[]): string[] {
  return layOut(
    [
      { title: "twice the load", left: true },
      { title: "target" },
      { title: "peak/s" },
      { title: "goodput" },
      { title: "refused/s" },
      { title: "normal p99" },
      { title: "p50" },
      { title: "p99" },
      { title: "times" },
    ],
    figures.map(({ work, targetDelayMs, peak, normal, overload }) => [
      work,
      targetDelayMs === Infinity ? "none" : `${targetDelayMs} ms`,
      peak.toFixed(0),
      (overload.goodput / peak).toFixed(2),
      overload.refused.toFixed(0),
      milliseconds(normal.p99Ms),
      milliseconds(overload.p50Ms),
      milliseconds(overload.p99Ms),
      ((overload.p99Ms ?? NaN) / (normal.p99Ms ?? NaN)).toFixed(1),
    ]),
  );
}

function milliseconds(ms: number | null): string {
  return ms === null ? "none" : `${ms.toFixed(1)} ms`;
}
