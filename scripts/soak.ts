/**
 * `deno task soak [--minutes N]`: mixed load on one server, and whether it grows. Each minute prints
 * the memory and the open files of the server, and how long a plain call takes beside everything else.
 * The exit code is 1 where memory or open files grow from the second minute to the last by more than
 * {@linkcode growthOf} allows, or something fails that must not.
 *
 * @module
 */

import { delay } from "../lib/base/abort.ts";
import { misuse, readArguments } from "./arguments.ts";
import { LineProcess } from "./bench/process.ts";
import { median, percentile99 } from "./bench/statistics.ts";
import * as loads from "./soak/loads.ts";

const USAGE = "Usage: deno task soak [--minutes 20]";

/** The figures of one minute. */
export interface Minute {
  /** The median of the memory that the server held, in bytes. */
  readonly rssBytes: number;
  /** The median of how many files and sockets it had open. */
  readonly files: number;
  /** 99 of 100 plain calls took no longer, in milliseconds. */
  readonly p99Ms: number;
}

/** Memory may grow by this factor and this much: the collector takes its time. */
const RSS_FACTOR = 1.2;
const RSS_SLACK_BYTES = 24 * 1_024 * 1_024;
/** Open files may grow by so many: how many peers are there differs from moment to moment. */
const FILES_SLACK = 32;

/**
 * Judges a soak.
 *
 * @param minutes The figures of each minute; the first one warms up.
 * @returns What has grown too much, a line each; nothing to judge in fewer than three minutes.
 */
export function growthOf(minutes: readonly Minute[]): string[] {
  const [, second] = minutes;
  const last = minutes.at(-1);
  if (second === undefined || last === undefined || last === second) return [];
  const grown: string[] = [];
  if (last.rssBytes > second.rssBytes * RSS_FACTOR + RSS_SLACK_BYTES) {
    grown.push(`memory grew from ${megabytes(second.rssBytes)} to ${megabytes(last.rssBytes)}`);
  }
  if (last.files > second.files + FILES_SLACK) {
    grown.push(`open files grew from ${second.files} to ${last.files}`);
  }
  return grown;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(0)} MB`;
}

async function openFiles(pid: number): Promise<number> {
  // By `ls`, because Deno opens /proc only to those who may do everything.
  const { stdout } = await new Deno.Command("ls", { args: [`/proc/${pid}/fd`] }).output();
  return new TextDecoder().decode(stdout).split("\n").length - 1;
}

async function measureMinute(server: LineProcess, takeTimes: () => number[]): Promise<Minute> {
  const memory: number[] = [];
  const files: number[] = [];
  for (let second = 0; second < 60; second++) {
    await delay(1_000);
    memory.push((await server.usage()).rssBytes);
    files.push(await openFiles(server.pid));
  }
  return { rssBytes: median(memory), files: median(files), p99Ms: percentile99(takeTimes()) };
}

async function main(): Promise<number> {
  const { minutes: given = "20" } = readArguments(USAGE, { values: ["minutes"] });
  const count = Number(given);
  if (!(Number.isInteger(count) && count > 0)) {
    return misuse(`--minutes is "${given}"; give a whole number from 1`);
  }
  const program = new URL("./soak/server.ts", import.meta.url).pathname;
  await using server = new LineProcess({
    command: Deno.execPath(),
    args: ["run", "--quiet", "--allow-net", "--allow-read", "--allow-write", program],
  });
  const address = await server.readAddress();
  const ending = new AbortController();
  const times: number[] = [];
  const failures = new Map<string, number>();
  const parts = {
    address,
    signal: ending.signal,
    timed: (ms: number) => void times.push(ms),
    failed(what: string, error: unknown) {
      const line = `${what} failed: ${error instanceof Error ? error.message : error}`;
      failures.set(line, (failures.get(line) ?? 0) + 1);
    },
  };
  const running = Object.values(loads).map((load) =>
    load(parts).catch((error) => parts.failed(load.name, error))
  );
  const minutes: Minute[] = [];
  while (minutes.length < count) {
    const minute = await measureMinute(server, () => times.splice(0));
    minutes.push(minute);
    const { rssBytes, files, p99Ms } = minute;
    console.log(
      `minute ${minutes.length}: ${megabytes(rssBytes)}, ${files} open files, plain call p99 ` +
        `${p99Ms.toFixed(1)} ms`,
    );
  }
  ending.abort();
  await Promise.race([Promise.all(running), delay(10_000)]);
  const wrong = [
    ...growthOf(minutes),
    ...[...failures].map(([line, times]) => `${times} times: ${line}`),
  ];
  for (const line of wrong) console.error(line);
  return wrong.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
