/**
 * `deno task bench ipc --stress SECONDS`: nothing is lost, doubled or out of order.
 *
 * @module
 */

import { formatRate, layOut } from "../../report.ts";
import type { StressFigure } from "./run.ts";

const PATIENCE_MS = 60_000;

/**
 * Runs it in a process of its own, which is ended where it does not end by itself.
 *
 * @param seconds How long, in all.
 * @throws {Error} Where anything was wrong.
 */
export async function runStress(seconds: number): Promise<StressFigure[]> {
  const script = new URL("run.ts", import.meta.url).pathname;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-read", script, String(seconds)],
    stdin: "null",
    stderr: "inherit",
    signal: AbortSignal.timeout(seconds * 1_000 + PATIENCE_MS),
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (code !== 0) throw new Error(`The stress run failed (${code}): ${text}`);
  return JSON.parse(text);
}

/** What came of it, as a table. */
export function describeStress(figures: readonly StressFigure[]): string[] {
  const columns = [
    { title: "stress", left: true },
    { title: "messages" },
    { title: "a second" },
    { title: "lost" },
    { title: "doubled" },
    { title: "out of order" },
  ];
  const rows = figures.map(({ name, messages, rate, lost, doubled, disordered }) => [
    name,
    String(messages),
    formatRate(rate),
    String(lost),
    String(doubled),
    String(disordered),
  ]);
  return [...layOut(columns, rows), ""];
}
