/**
 * Cipher suites: their names, which version takes which, and how strong each is.
 *
 * @module
 */

import type { Severity } from "../../finding/severity.ts";
import { SUITE_TABLE } from "./suite_table.ts";
import type { VersionName } from "./versions.ts";

/** A cipher suite. */
export interface Suite {
  /** Its number. */
  readonly code: number;
  /** IANA's name. */
  readonly name: string;
}

/** What is weak about a suite. */
export interface Weakness {
  /** How bad it is. */
  readonly severity: Severity;
  /** The rule of the report. */
  readonly rule: string;
}

const suites = new Map<number, Suite>(
  SUITE_TABLE.split(",").map((row) => row.trim()).filter((row) => row !== "").map((row) => {
    const [code = "", name = ""] = row.split(" ");
    return [parseInt(code, 16), { code: parseInt(code, 16), name: `TLS_${name}` }];
  }),
);

/** A suite by its number; one that nobody has registered has the number as its name. */
export function suiteOf(code: number): Suite {
  return suites.get(code) ?? { code, name: `0x${code.toString(16).padStart(4, "0")}` };
}

/**
 * The suites that a version can use, the strongest first.
 *
 * @param version The version.
 * @returns Their numbers.
 */
export function suitesFor(version: VersionName): number[] {
  const isFor = version === "TLSv1.3"
    ? (code: number) => code >> 8 === 0x13
    : (code: number) =>
      code >> 8 !== 0x13 && code !== 0 && (version === "TLSv1.2" || !needsTls12(code));
  return [...suites.keys()].filter(isFor).sort((a, b) => rankOf(a) - rankOf(b));
}

/** RFC 5246 has brought authenticated encryption and suites with SHA-2 as the MAC. */
function needsTls12(code: number): boolean {
  return /GCM|CCM|POLY1305|SHA256$|SHA384$/.test(suiteOf(code).name);
}

/** What is tried first: what most servers take, so that the first answer comes soon. */
function rankOf(code: number): number {
  const { name } = suiteOf(code);
  const isForward = /^TLS_ECDHE_(?:RSA|ECDSA)/.test(name);
  return weaknessOf(code) === undefined && isForward ? 0 : isForward ? 1 : 2;
}

/** Whether the server is authenticated by a certificate and the key is agreed on by ECDHE. */
export function isEcdhe(code: number): boolean {
  return /^TLS_ECDHE_(?:RSA|ECDSA|anon)_/.test(suiteOf(code).name) ||
    suiteOf(code).name.startsWith("TLS_ECDH_anon_");
}

/** Whether the key is agreed on by Diffie-Hellman over a prime of the server. */
export function isDhe(code: number): boolean {
  return /^TLS_(?:DHE_(?:RSA|DSS)|DH_anon)_/.test(suiteOf(code).name);
}

/** Whether the server's key agreement is signed: its ServerKeyExchange carries a signature. */
export function isSigned(code: number): boolean {
  return /^TLS_(?:DHE|ECDHE)_(?:RSA|DSS|ECDSA)_/.test(suiteOf(code).name);
}

/** Each weakness by what a suite's name has; the worst first. */
const weaknesses: readonly (readonly [RegExp, Severity, string])[] = [
  [/_WITH_NULL_|_NULL_SHA|SHA256_SHA256|SHA384_SHA384/, "critical", "suite-null"],
  [/_anon_/, "critical", "suite-anonymous"],
  [/_EXPORT_|_EXPORT1024_/, "critical", "suite-export"],
  [/_RC4_|_RC2_|_DES_CBC|_DES40_|_IDEA_/, "high", "suite-broken"],
  [/_3DES_/, "medium", "suite-3des"],
  [/^TLS_(?:RSA|DH|ECDH|PSK|KRB5|SRP)_/, "medium", "suite-no-forward-secrecy"],
  [/_CBC_/, "low", "suite-cbc"],
];

/**
 * What is weak about a suite.
 *
 * @param code Its number.
 * @returns The worst weakness; `undefined` where nothing is weak.
 */
export function weaknessOf(code: number): Weakness | undefined {
  const { name } = suiteOf(code);
  const row = weaknesses.find(([pattern]) => pattern.test(name));
  return row && { severity: row[1], rule: row[2] };
}
