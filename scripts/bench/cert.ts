/**
 * `deno task bench cert`: how long it takes to issue a certificate, and what mutual TLS costs beside
 * raw node:tls at both ends.
 *
 * @module
 */

import {
  generateKeyPair,
  initAuthority,
  issueLeaf,
  issueLeafFiles,
  loadAuthority,
  openFileLedger,
  parseCertificates,
  verifyCertificate,
} from "../../lib/cert/mod.ts";
import type { Places } from "./contestants/mod.ts";
import { formatRate, layOut } from "./report.ts";
import { type RpcBenchOptions, runRpcBench } from "./rpc.ts";
import { type Figure, median } from "./statistics.ts";

/** How long one piece of work takes. */
export interface WorkFigure {
  /** The work. */
  readonly work: string;
  /** The median, in milliseconds. */
  readonly medianMs: number;
  /** What 99 of 100 keep within, in milliseconds. */
  readonly p99Ms: number;
  /** The most that the median is to be, where there is a goal. */
  readonly goalMs?: number;
}

/** What the suite found. */
export interface CertFigures {
  /** Certificates, in this process. */
  readonly work: readonly WorkFigure[];
  /** Calls over mutual TLS, dari's and raw node:tls'. */
  readonly calls: readonly Figure[];
}

const ROUNDS = 300;
/** A handshake with its first call may take 1.2 times the raw one's. */
const goals: Readonly<Record<string, number>> = { "connect + call": 1 / 1.2, "64 in flight": 0.85 };

/**
 * Measures certificates, then mutual TLS by the programs of the RPC benchmark.
 *
 * @param places Where the certificate of the handshakes is; certificates are issued beside it.
 * @param options Rounds of the calls, and their length.
 * @param report Takes a line for each scenario that is done.
 */
export async function runCertBench(
  places: Places,
  options: Omit<RpcBenchOptions, "only">,
  report: (line: string) => void,
): Promise<CertFigures> {
  const work = await measureWork(`${places.run}/authority`);
  const only = ["mutual_tls", ...Object.keys(goals)];
  const { figures: calls } = await runRpcBench({ ...places, peers: undefined }, {
    ...options,
    only,
  }, report);
  return { work, calls };
}

/** The figures as two tables, a `<` where dari misses its goal. */
export function describeCert({ work, calls }: CertFigures): string[] {
  const columns = [{ title: "certificates", left: true }, { title: "median" }, { title: "p99" }];
  const rows = work.map(({ work, medianMs, p99Ms, goalMs = Infinity }) => [
    work,
    `${medianMs.toFixed(2)} ms`,
    `${p99Ms.toFixed(2)} ms`,
    medianMs > goalMs ? `> ${goalMs} ms` : "",
  ]);
  const shares = calls.map(({ contestant, scenario, rate, ratio = 1 }) => {
    const goal = contestant.startsWith("dari") ? goals[scenario] ?? 0 : 0;
    const missed = ratio < goal ? `< ${goal.toFixed(2)}` : "";
    return [`${contestant}, ${scenario}`, formatRate(rate), ratio.toFixed(2), missed];
  });
  const marks = { title: "", left: true };
  return [
    ...layOut([...columns, marks], rows),
    "",
    ...layOut(
      [{ title: "mutual TLS", left: true }, { title: "calls/s" }, { title: "of raw" }, marks],
      shares,
    ),
    "",
  ];
}

async function measureWork(directory: string): Promise<WorkFigure[]> {
  await initAuthority(directory);
  const authority = await loadAuthority(directory);
  const ledger = openFileLedger(directory);
  const names = ["api.internal", "127.0.0.1"];
  const leaf = async () =>
    await issueLeaf(authority, ledger, (await generateKeyPair()).publicKey, { names });
  const authorities = parseCertificates(await Deno.readTextFile(`${directory}/ca.crt`));
  const one = await leaf();
  let file = 0;
  return [
    await timed("P-256 leaf: key, certificate, ledger", leaf, 3),
    await timed(
      "P-256 leaf: the same and two files",
      () => issueLeafFiles(authority, ledger, `${directory}/${file++}`, { names }),
    ),
    await timed(
      "verify that leaf",
      () => verifyCertificate(one, { authorities, name: "api.internal" }),
    ),
  ];
}

async function timed(
  work: string,
  task: () => Promise<unknown>,
  goalMs?: number,
): Promise<WorkFigure> {
  for (let i = 0; i < ROUNDS / 4; i++) await task(); // warm
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const start = performance.now();
    await task();
    times.push(performance.now() - start);
  }
  const p99Ms = times.sort((a, b) => a - b)[Math.floor(ROUNDS * 0.99)] ?? NaN;
  return { work, medianMs: median(times), p99Ms, ...(goalMs === undefined ? {} : { goalMs }) };
}
