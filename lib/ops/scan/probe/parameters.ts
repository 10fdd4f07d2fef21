/**
 * Groups, primes, compression, renegotiation: what goes with the suites.
 *
 * @module
 */

import { extension } from "../hello/client_hello.ts";
import { curvesOf12, groupsOf13 } from "../names/groups.ts";
import { allSchemes, isWeakScheme } from "../names/signatures.ts";
import { isDhe, isEcdhe, isSigned, suiteOf } from "../names/suites.ts";
import { type VersionName, versionNumber } from "../names/versions.ts";
import { ask, type Target } from "./ask.ts";
import type { VersionFound } from "./versions.ts";

/** What was found out beside versions and suites; what could not be told is left out. */
export interface ParametersFound {
  /** The groups of TLS 1.3. */
  readonly groups13: readonly number[];
  /** The curves of ECDHE up to TLS 1.2. */
  readonly curves12: readonly number[];
  /** The bits of the prime of DHE. */
  readonly primeBits?: number;
  /** Whether the server compresses (CRIME). */
  readonly compresses?: boolean;
  /** Whether renegotiation is bound to the connection (RFC 5746). */
  readonly renegotiatesSafely?: boolean;
  /** Whether the master secret is bound to the handshake (RFC 7627). */
  readonly extendsMasterSecret?: boolean;
  /** Whether it signs SHA-1 or MD5 for a client that takes nothing else. */
  readonly signsWeakly?: boolean;
}

/**
 * Finds out what goes with the suites.
 *
 * @param target The server.
 * @param versions What it takes.
 */
export async function probeParameters(
  target: Target,
  versions: readonly VersionFound[],
): Promise<ParametersFound> {
  const offered = versions.filter(({ outcome }) => outcome === "offered");
  const old = offered.findLast(({ version }) => version !== "TLSv1.3");
  const hasNew = offered.some(({ version }) => version === "TLSv1.3");
  const [groups13, curves12, rest] = await Promise.all([
    hasNew ? probeGroups13(target) : [],
    old === undefined ? [] : probeCurves(target, old),
    old === undefined ? {} : probeOld(target, old),
  ]);
  return { groups13, curves12, ...rest };
}

/** Without a share the server has to name a group that it wants (HelloRetryRequest). */
async function probeGroups13(target: Target): Promise<number[]> {
  return await takeAway(groupsOf13, async (groups) => {
    const answer = await ask(target, { version: "TLSv1.3", groups });
    return answer.kind === "hello" && answer.hello.version === versionNumber["TLSv1.3"]
      ? answer.hello.group
      : undefined;
  });
}

/**
 * The curve of the server's certificate must stay among those that are offered (RFC 8422 section
 * 5.1.1), so after the first round those that were found are offered again, behind the others.
 */
async function probeCurves(target: Target, { version, suites }: VersionFound): Promise<number[]> {
  const withCurves = suites.filter(isEcdhe);
  if (withCurves.length === 0 || version === "SSLv3") return [];
  const choose = async (groups: readonly number[]) => {
    const answer = await ask(target, { version, suites: withCurves, groups, readsFlight: true });
    return answer.kind === "hello" ? answer.flight?.exchange?.group : undefined;
  };
  const first = await takeAway(curvesOf12, choose);
  const left = curvesOf12.filter((group) => !first.includes(group));
  const behind = new Set(first);
  const second = await takeAway(left, (groups) => choose([...groups, ...behind]));
  return [...first, ...second];
}

/** Offers numbers and takes each away that is chosen, until none is or one that was not offered. */
async function takeAway(
  all: readonly number[],
  choose: (left: number[]) => Promise<number | undefined>,
): Promise<number[]> {
  const left = new Set(all);
  const chosen: number[] = [];
  while (left.size > 0) {
    const one = await choose([...left]);
    if (one === undefined || !left.delete(one)) break;
    chosen.push(one);
  }
  return chosen;
}

async function probeOld(
  target: Target,
  { version, suites }: VersionFound,
): Promise<Partial<ParametersFound>> {
  const [plain, compressed, primeBits, signsWeakly] = await Promise.all([
    ask(target, { version, suites }),
    ask(target, { version, suites, compression: true }),
    probePrime(target, version, suites),
    probeWeakSignature(target, version, suites),
  ]);
  return {
    ...(plain.kind === "hello" && version !== "SSLv3" && {
      renegotiatesSafely: plain.hello.extensions.has(extension.renegotiation),
      extendsMasterSecret: plain.hello.extensions.has(extension.extendedMasterSecret),
    }),
    ...(compressed.kind === "hello" && { compresses: compressed.hello.compression !== 0 }),
    ...(primeBits !== undefined && { primeBits }),
    ...(signsWeakly !== undefined && { signsWeakly }),
  };
}

/** A server may have a prime for each kind of certificate and each length of keys: the shortest counts. */
async function probePrime(
  target: Target,
  version: VersionName,
  suites: readonly number[],
): Promise<number | undefined> {
  const kinds = Object.values(Object.groupBy(suites.filter(isDhe), kindOfPrime));
  const primes = await Promise.all(kinds.map(async (suites) => {
    // A group of RFC 7919 would be taken instead of the server's own prime.
    const question = { version, suites: suites!, groups: [], readsFlight: true };
    const answer = await ask(target, question);
    return answer.kind === "hello" ? answer.flight?.exchange?.primeBits : undefined;
  }));
  const known = primes.filter((bits) => bits !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** For instance `DHE_RSA 256`. */
function kindOfPrime(code: number): string {
  const { name } = suiteOf(code);
  return `${name.slice(4, name.indexOf("_WITH_"))} ${name.includes("256_") ? 256 : 128}`;
}

/** Only TLS 1.2 lets the client say what it takes. */
async function probeWeakSignature(
  target: Target,
  version: VersionName,
  suites: readonly number[],
): Promise<boolean | undefined> {
  const signed = suites.filter(isSigned);
  if (version !== "TLSv1.2" || signed.length === 0) return undefined;
  const schemes = allSchemes.filter(isWeakScheme);
  const answer = await ask(target, { version, suites: signed, schemes, readsFlight: true });
  if (answer.kind === "fault" && answer.fault !== "closed") return undefined;
  return answer.kind === "hello" && isWeakScheme(answer.flight?.exchange?.scheme ?? 0);
}
