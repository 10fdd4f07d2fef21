/**
 * Which versions a server takes, and which suites with each.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import { INAPPROPRIATE_FALLBACK } from "../names/alerts.ts";
import { suitesFor } from "../names/suites.ts";
import { type VersionName, versionNames, versionNumber } from "../names/versions.ts";
import { type Answer, ask, describeAnswer, type Target } from "./ask.ts";

/** What was found out about a version. */
export interface VersionFound {
  /** The version. */
  readonly version: VersionName;
  /** Whether the server takes it; `unknown` where it did not answer, or the scan was over. */
  readonly outcome: "offered" | "refused" | "unknown";
  /** How it refused, or why that is unknown. */
  readonly reason?: string;
  /** The suites that it takes, in the order in which they were found. */
  readonly suites: readonly number[];
  /** Whether the server's order of suites counts or the client's; unknown with one suite. */
  readonly order?: "server" | "client";
  /** Whether every suite got an answer. */
  readonly isComplete: boolean;
}

/** The signalling suite of a client that has lowered its version (RFC 7507). */
const FALLBACK_SUITE = 0x5600;

/**
 * Tries every version with every suite.
 *
 * @param target The server.
 * @returns What was found, from the oldest to the newest version.
 */
export async function probeVersions(target: Target): Promise<VersionFound[]> {
  return await Promise.all(versionNames.map((version) => probeVersion(target, version)));
}

async function probeVersion(target: Target, version: VersionName): Promise<VersionFound> {
  const all = suitesFor(version);
  const size = limits.maxScanHelloSuites;
  const parts = Array.from(
    { length: Math.ceil(all.length / size) },
    (_, i) => all.slice(i * size, (i + 1) * size),
  );
  const found = await Promise.all(parts.map((part) => probeSuites(target, version, part)));
  const suites = found.flatMap((one) => one.suites);
  const unclear = found.map(({ last }) => last).find(isUnclear);
  const isComplete = unclear === undefined;
  if (suites.length > 0) {
    const order = await probeOrder(target, version, suites);
    return { version, outcome: "offered", suites, isComplete, ...(order && { order }) };
  }
  const last = unclear ?? found[0]!.last;
  const outcome = isComplete ? "refused" : "unknown";
  return { version, outcome, reason: describeLast(last), suites, isComplete };
}

/** Offers suites and takes each away that the server chooses, until it chooses none. */
async function probeSuites(target: Target, version: VersionName, part: readonly number[]) {
  const suites: number[] = [];
  const left = new Set(part);
  let last: Answer | undefined;
  while (left.size > 0) {
    last = await ask(target, { version, suites: [...left] });
    if (last.kind !== "hello" || last.hello.version !== versionNumber[version]) break;
    suites.push(last.hello.suite);
    left.delete(last.hello.suite);
  }
  return { suites, last };
}

/** A refusal is an alert, an older version, or the connection's end; the rest says nothing. */
function isUnclear(answer: Answer | undefined): boolean {
  return answer?.kind === "fault" && answer.fault !== "closed";
}

function describeLast(answer: Answer | undefined): string {
  if (answer === undefined) return "nothing was asked";
  return answer.kind === "hello" ? "it chooses an older version" : describeAnswer(answer);
}

/** Two suites in both orders: where the answers differ, the client's order counts. */
async function probeOrder(
  target: Target,
  version: VersionName,
  suites: readonly number[],
): Promise<"server" | "client" | undefined> {
  if (suites.length < 2) return undefined;
  const chosen = await Promise.all(
    [suites, suites.toReversed()].map(async (offered) => {
      const answer = await ask(target, { version, suites: offered });
      return answer.kind === "hello" ? answer.hello.suite : undefined;
    }),
  );
  if (chosen.includes(undefined)) return undefined;
  return chosen[0] === chosen[1] ? "server" : "client";
}

/**
 * Whether a server refuses a client that has been talked into an older version (RFC 7507).
 *
 * @param target The server.
 * @param versions What it takes.
 * @returns `undefined` where it takes only one version up to TLS 1.2: TLS 1.3 protects itself (RFC
 * 8446 section 4.1.3).
 */
export async function probeFallback(
  target: Target,
  versions: readonly VersionFound[],
): Promise<boolean | undefined> {
  const older = versions.filter(({ outcome, version }) =>
    outcome === "offered" && version !== "TLSv1.3"
  ).at(-2);
  if (older === undefined || older.version === "SSLv3") return undefined;
  const suites = [...older.suites, FALLBACK_SUITE];
  const answer = await ask(target, { version: older.version, suites });
  if (answer.kind === "fault") return undefined;
  return answer.kind === "alert" && answer.alert === INAPPROPRIATE_FALLBACK;
}
