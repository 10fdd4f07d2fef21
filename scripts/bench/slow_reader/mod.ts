/**
 * `deno task bench slow`: a connection whose client, whose server, or both read slowly from its
 * beginning. The memory of both stays as it was, others are served in time, and every call is answered
 * once the readers go on.
 *
 * @module
 */

import { delay } from "../../../lib/base/abort.ts";
import { connect } from "../../../mod.ts";
import { denoProgram } from "../contestants/ours.ts";
import { LineProcess } from "../process.ts";
import { readTlsFiles } from "../raw/socket.ts";
import { formatMiB, layOut } from "../report.ts";
import { Relay, type SlowSide } from "./relay.ts";

/** What happened while a connection was slow. */
export interface SlowFigure {
  /** Its transport. */
  readonly transport: string;
  /** Who read slowly. */
  readonly slow: SlowSide;
  /** By how much the memory of the server grew while it was slow, in bytes. */
  readonly serverGrowthBytes: number;
  /** By how much that of the client grew. */
  readonly clientGrowthBytes: number;
  /** 99 of 100 calls of others took no longer, in milliseconds. */
  readonly p99Ms: number;
  /** How many calls were answered. */
  readonly answered: number;
  /** How long the last answers took once the readers went on, in milliseconds. */
  readonly catchUpMs: number;
  /** What failed. */
  readonly failures: readonly string[];
}

const GOAL = { growthBytes: 16 * 1_024 * 1_024, p99Ms: 20 };
const SAMPLE_MS = 200;
const PAUSE_BETWEEN_CALLS_MS = 5;
const CATCH_UP_PATIENCE_MS = 60_000;
const SIDES: readonly SlowSide[] = ["client", "server", "both"];

/**
 * Measures. The connections are slow from the beginning: after a time at full speed, the memory that
 * the collector has not taken back yet would hide what grows.
 *
 * @param directory Where the TLS files are.
 * @param transports `tcp` and `tls`, or one of them.
 * @param slowMs How long the connections are slow.
 */
export async function runSlowReaderBench(
  directory: string,
  transports: readonly string[],
  slowMs: number,
): Promise<SlowFigure[]> {
  const figures: SlowFigure[] = [];
  for (const transport of transports) {
    for (const slow of SIDES) figures.push(await measure(directory, transport, slow, slowMs));
  }
  return figures;
}

async function measure(
  directory: string,
  transport: string,
  slow: SlowSide,
  slowMs: number,
): Promise<SlowFigure> {
  await using server = new LineProcess(
    denoProgram("slow_reader/server.ts", transport, directory),
  );
  const address = await server.readAddress();
  await using relay = new Relay(Number(address.slice(address.lastIndexOf(":") + 1)));
  const through = `${transport}://127.0.0.1:${relay.port}`;
  await using client = new LineProcess(denoProgram("slow_reader/client.ts", through, directory));
  await using other = await connect(address, { ca: readTlsFiles(directory).cert });
  await client.readLine(CATCH_UP_PATIENCE_MS); // "running"
  relay.slow = slow;
  const growing = Promise.all([growth(server, slowMs), growth(client, slowMs)]);
  const times = await callsOf(other, slowMs);
  const [serverGrowthBytes, clientGrowthBytes] = await growing;
  relay.slow = undefined;
  const start = performance.now();
  await client.send("finish");
  const result = JSON.parse(await client.readLine(CATCH_UP_PATIENCE_MS));
  return {
    transport,
    slow,
    serverGrowthBytes,
    clientGrowthBytes,
    p99Ms: times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1] ?? NaN,
    catchUpMs: performance.now() - start,
    ...result,
  };
}

/** By how much a program's memory grows at the most, in bytes, for a time. */
async function growth(program: LineProcess, forMs: number): Promise<number> {
  const { rssBytes: before } = await program.usage();
  let most = before;
  for (const end = performance.now() + forMs; performance.now() < end;) {
    await delay(SAMPLE_MS);
    most = Math.max(most, (await program.usage()).rssBytes);
  }
  return most - before;
}

/** How long each call of another client takes, for a time, in milliseconds. */
async function callsOf(
  other: { call(method: "add", params: { a: number; b: number }): Promise<unknown> },
  forMs: number,
): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + forMs;
  while (performance.now() < end) {
    const start = performance.now();
    const sum = await other.call("add", { a: times.length, b: 1 });
    times.push(performance.now() - start);
    if (sum !== times.length) throw new Error(`add gave ${sum}`);
    await delay(PAUSE_BETWEEN_CALLS_MS);
  }
  return times;
}

/** The figures as a table: a `<` where a goal is missed. */
export function describeSlowReaders(figures: readonly SlowFigure[]): string[] {
  const columns = [
    { title: "slow readers", left: true },
    { title: "", left: true },
    { title: "server" },
    { title: "client" },
    { title: "others p99" },
    { title: "answered" },
    { title: "catches up" },
    { title: "failed", left: true },
  ];
  const grown = (bytes: number) => `${bytes > GOAL.growthBytes ? "< " : ""}+${formatMiB(bytes)}`;
  const rows = figures.map((figure) => [
    figure.transport,
    figure.slow,
    grown(figure.serverGrowthBytes),
    grown(figure.clientGrowthBytes),
    `${figure.p99Ms > GOAL.p99Ms ? "< " : ""}${figure.p99Ms.toFixed(1)} ms`,
    String(figure.answered),
    `${figure.catchUpMs.toFixed(0)} ms`,
    figure.failures.length === 0 ? "" : `< ${figure.failures.length}: ${figure.failures[0]}`,
  ]);
  return [...layOut(columns, rows), ""];
}
