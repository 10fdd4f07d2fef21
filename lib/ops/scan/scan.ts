/**
 * A look at a TLS server from outside: what it offers, what it shows, and whom it lets in.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { type DariError, TransportError } from "../../base/errors.ts";
import type { CertificateJudge } from "./report/certificates.ts";
import type { ClientCertificate } from "./handshake/handshake.ts";
import type { KnockTimes } from "./handshake/knock.ts";
import { isSigned, suiteOf } from "./names/suites.ts";
import { type Answer, ask, describeAnswer, type PlainFlight, type Target } from "./probe/ask.ts";
import { type ClientAuthFound, probeClientAuth } from "./probe/client_auth.ts";
import { wholeVersions } from "./probe/handshakes.ts";
import { probeParameters } from "./probe/parameters.ts";
import { probeFallback, probeVersions, type VersionFound } from "./probe/versions.ts";
import { findingsOf, type Observed } from "./report/findings.ts";
import { reportOf } from "./report/report_of.ts";
import type { ScanReport } from "./report/scan_report.ts";
import { defaultBounds, type Dial, type ScanBounds, ScanBudget } from "./wire/budget.ts";
import type { Bytes } from "./wire/bytes.ts";

/** The server that is scanned. */
export interface ScannedServer {
  /** Its host and port, as they were given. */
  readonly address: string;
  /** The IP address and port that are connected to. */
  readonly connectedTo: string;
  /** The host, as requests name it and as its certificate must. */
  readonly name: string;
  /** Whether the name is an IP address: then no name is sent in a ClientHello. */
  readonly isIp: boolean;
  /** Opens a connection to it. */
  readonly dial: Dial;
}

/** What a scan is made with. */
export interface ScanOptions {
  /** Judges certificates. */
  readonly judge: CertificateJudge;
  /** A certificate to show where the server asks for one. */
  readonly certificate?: ClientCertificate | undefined;
  /** Opens connections to another listener, whose sessions are tried on the scanned one. */
  readonly sessionsFrom?: Dial | undefined;
  /** The bounds of the scan; those that are left out have their defaults. */
  readonly bounds?: Partial<ScanBounds> | undefined;
  /** How long the server is listened to after a handshake. */
  readonly times?: KnockTimes | undefined;
  /** Ends the scan: what is unknown then is reported as such. */
  readonly signal?: AbortSignal | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock;
}

/** Protocols that are offered: dari's, and those of web servers. */
const PROTOCOLS = ["dari/1", "http/1.1", "h2"];

/**
 * Scans a server.
 *
 * @param server The server.
 * @param options What the scan is made with.
 * @returns What was found.
 * @throws {TransportError} `unavailable` when it cannot be reached or does not speak TLS.
 */
export async function scan(server: ScannedServer, options: ScanOptions): Promise<ScanReport> {
  const { clock = systemClock, signal } = options;
  const bounds = { ...defaultBounds, ...options.bounds };
  const [startedAt, startMs] = [clock.now(), clock.monotonic()];
  using budget = new ScanBudget(server.dial, bounds, signal);
  using other = new ScanBudget(options.sessionsFrom ?? server.dial, bounds, signal);
  const target = targetOf(server, budget);
  await reach(target, server);
  const versions = await probeVersions(target);
  refuseWithoutTls(versions, server);
  const elsewhere = options.sessionsFrom && targetOf(server, other);
  const [parameters, noticesFallback] = await Promise.all([
    probeParameters(target, versions),
    probeFallback(target, versions),
  ]);
  // By itself: a server that takes one connection at a time leaves others waiting meanwhile.
  const seen = await lookInside(target, versions, elsewhere, options);
  const observed: Observed = {
    versions,
    parameters,
    noticesFallback,
    certificates: await judgeAll(seen.chains, server, options.judge),
    clientAuth: seen.clientAuth,
    violations: seen.violations,
    isComplete: !budget.isSpent && versions.every(({ isComplete }) => isComplete),
  };
  const timeMs = Math.round(clock.monotonic() - startMs);
  return reportOf(server, observed, findingsOf(observed), {
    at: new Date(startedAt).toISOString(),
    spent: { ...budget.spent, timeMs },
  });
}

function targetOf({ name, isIp }: ScannedServer, budget: ScanBudget): Target {
  return { budget, host: name, serverName: isIp ? undefined : name, protocols: PROTOCOLS };
}

/** Two questions before all others: a server that answers neither gets no more. */
async function reach(target: Target, server: ScannedServer): Promise<void> {
  const answers = await Promise.all(
    (["TLSv1.2", "TLSv1.3"] as const).map((version) => ask(target, { version })),
  );
  for (const answer of answers) {
    const isOver = answer.kind === "fault" && answer.fault !== "closed" &&
      answer.fault !== "malformed";
    if (!isOver) return;
  }
  throw unavailable(server, answers[0]!);
}

/** Where no version is taken and none was refused by an alert, the server speaks no TLS. */
function refuseWithoutTls(versions: readonly VersionFound[], server: ScannedServer): void {
  if (versions.some(({ outcome }) => outcome === "offered")) return;
  const reasons = [...new Set(versions.map(({ version, reason }) => `${version}: ${reason}`))];
  const message = `Cannot scan ${server.address}: it takes no version of TLS (${
    reasons.join("; ")
  })`;
  throw new TransportError("unavailable", message);
}

function unavailable({ address, connectedTo }: ScannedServer, answer: Answer): DariError {
  const what = answer.kind === "hello" ? "" : describeAnswer(answer);
  return new TransportError("unavailable", `Cannot scan ${address} (${connectedTo}): ${what}`);
}

/** What whole handshakes, and flights in the clear, have shown. */
interface Inside {
  readonly clientAuth: readonly ClientAuthFound[];
  /** Chains with different leaves. */
  readonly chains: readonly (readonly Bytes[])[];
  readonly violations: readonly string[];
}

async function lookInside(
  target: Target,
  versions: readonly VersionFound[],
  elsewhere: Target | undefined,
  { judge, certificate, times }: ScanOptions,
): Promise<Inside> {
  const flights = await readFlights(target, versions);
  const clientAuth: ClientAuthFound[] = [];
  for (const version of wholeVersions(versions)) {
    const isAskedInClear = version === "TLSv1.2"
      ? flights.some(({ asksForCertificate }) => asksForCertificate)
      : undefined;
    const { verifySignature } = judge;
    const wish = { version, certificate, elsewhere, times, isAskedInClear, verifySignature };
    clientAuth.push(await probeClientAuth(target, wish));
  }
  const whole = clientAuth.flatMap(({ bare }) => bare.kind === "done" ? [bare.found.chain] : []);
  const violations = clientAuth.flatMap(({ version, bare }) =>
    bare.kind === "ended" && bare.answer.kind === "fault" && bare.answer.fault === "malformed"
      ? [`${version}: ${bare.answer.message}`]
      : []
  );
  const chains = distinct([...whole, ...flights.map(({ chain }) => chain)]);
  return { clientAuth, chains, violations };
}

/** The flights of the newest version up to TLS 1.2: one for each kind of certificate. */
async function readFlights(
  target: Target,
  versions: readonly VersionFound[],
): Promise<PlainFlight[]> {
  const old = versions.findLast(({ outcome, version }) =>
    outcome === "offered" && version !== "TLSv1.3"
  );
  if (old === undefined) return [];
  const kinds = Object.values(Object.groupBy(old.suites, kindOfCertificate));
  const answers = await Promise.all(
    kinds.map((suites) =>
      ask(target, { version: old.version, suites: suites!, readsFlight: true })
    ),
  );
  return answers.flatMap((answer) =>
    answer.kind === "hello" && answer.flight !== undefined ? [answer.flight] : []
  );
}

function kindOfCertificate(code: number): string {
  const { name } = suiteOf(code);
  if (!isSigned(code)) return name.startsWith("TLS_RSA_") ? "RSA" : "other";
  return /_ECDSA_/.test(name) ? "ECDSA" : /_DSS_/.test(name) ? "DSS" : "RSA";
}

function distinct(chains: readonly (readonly Bytes[])[]): (readonly Bytes[])[] {
  const byLeaf = new Map<string, readonly Bytes[]>();
  for (const chain of chains) {
    if (chain[0] !== undefined) byLeaf.set(chain[0].join(), chain);
  }
  return [...byLeaf.values()];
}

async function judgeAll(
  chains: readonly (readonly Bytes[])[],
  { name }: ScannedServer,
  judge: CertificateJudge,
) {
  return await Promise.all(chains.map((chain) => judge.judge(chain, name)));
}
