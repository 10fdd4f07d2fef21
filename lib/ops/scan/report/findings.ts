/**
 * From what was observed to what is wrong.
 *
 * @module
 */

import { type Finding, worstFirst } from "../../finding/finding.ts";
import type { JudgedCertificate } from "./certificates.ts";
import { isWeakGroup, nameOfGroup } from "../names/groups.ts";
import { suiteOf, weaknessOf } from "../names/suites.ts";
import type { ClientAuthFound } from "../probe/client_auth.ts";
import type { ParametersFound } from "../probe/parameters.ts";
import type { VersionFound } from "../probe/versions.ts";
import { type ScanRule, scanRules } from "./rules.ts";

/** All that was observed. */
export interface Observed {
  /** Versions and suites. */
  readonly versions: readonly VersionFound[];
  /** What goes with the suites. */
  readonly parameters: ParametersFound;
  /** Whether a lowered version is noticed. */
  readonly noticesFallback: boolean | undefined;
  /** The server's certificates. */
  readonly certificates: readonly JudgedCertificate[];
  /** Client certificates. */
  readonly clientAuth: readonly ClientAuthFound[];
  /** How the server broke the protocol, in words. */
  readonly violations: readonly string[];
  /** Whether everything was looked at. */
  readonly isComplete: boolean;
}

/** NIST SP 800-57 part 1: 112 bits of security. */
const STRONG_PRIME = 2048;

/**
 * Holds what was observed against the rules.
 *
 * @param observed What was observed.
 * @returns What is wrong, the worst first.
 */
export function findingsOf(observed: Observed): Finding[] {
  return worstFirst([
    ...versionFindings(observed.versions),
    ...suiteFindings(observed.versions),
    ...parameterFindings(observed),
    ...observed.certificates.flatMap(({ subject, faults }) =>
      faults.map(({ rule, message }) => finding(rule, `"${subject}": ${message}.`))
    ),
    ...clientAuthFindings(observed.clientAuth),
    ...observed.violations.map((what) => finding("protocol-violation", `The server: ${what}.`)),
    ...observed.isComplete ? [] : [
      finding("incomplete", "Some questions got no answer in time; what they ask for is unknown."),
    ],
  ]);
}

function finding(rule: ScanRule, message: string): Finding {
  const { severity, help } = scanRules[rule];
  return { rule, severity, message, remedy: help };
}

function versionFindings(versions: readonly VersionFound[]): Finding[] {
  const offered = (name: string) =>
    versions.some(({ version, outcome }) => version === name && outcome === "offered");
  const old = ["TLSv1.0", "TLSv1.1"].filter(offered);
  const newest = versions.find(({ version }) => version === "TLSv1.3");
  return [
    ...offered("SSLv3") ? [finding("version-sslv3", "The server offers SSLv3.")] : [],
    ...old.length > 0 ? [finding("version-old", `The server offers ${old.join(" and ")}.`)] : [],
    ...newest?.outcome === "refused"
      ? [finding("version-no-tls13", "The server does not offer TLSv1.3.")]
      : [],
  ];
}

/** One finding for each weakness, with every suite that has it. */
function suiteFindings(versions: readonly VersionFound[]): Finding[] {
  const byRule = new Map<ScanRule, Set<string>>();
  for (const code of versions.flatMap(({ suites }) => suites)) {
    const rule = weaknessOf(code)?.rule as ScanRule | undefined;
    if (rule === undefined) continue;
    byRule.set(rule, (byRule.get(rule) ?? new Set()).add(suiteOf(code).name));
  }
  const found = [...byRule].map(([rule, names]) =>
    finding(rule, `The server offers ${[...names].join(", ")}.`)
  );
  const loose = versions.filter(({ order, suites }) =>
    order === "client" && suites.some((code) => weaknessOf(code) !== undefined)
  );
  const names = loose.map(({ version }) => version).join(", ");
  return loose.length === 0
    ? found
    : [...found, finding("suite-client-order", `The client's order counts with ${names}.`)];
}

function parameterFindings({ parameters, noticesFallback }: Observed): Finding[] {
  const { groups13, curves12, primeBits } = parameters;
  const weak = [...new Set([...groups13, ...curves12])].filter(isWeakGroup).map(nameOfGroup);
  const rows: readonly (readonly [boolean, ScanRule, string])[] = [
    [weak.length > 0, "group-weak", `The server offers ${weak.join(", ")}.`],
    [
      primeBits !== undefined && primeBits < STRONG_PRIME,
      "prime-weak",
      `The server's prime has ${primeBits} bits.`,
    ],
    [
      parameters.signsWeakly === true,
      "signature-weak",
      "The server signs SHA-1 or MD5 for a client that takes nothing else.",
    ],
    [parameters.compresses === true, "compression", "The server compresses."],
    [
      parameters.renegotiatesSafely === false,
      "renegotiation",
      "The server does not know the extension renegotiation_info.",
    ],
    [
      parameters.extendsMasterSecret === false,
      "extended-master-secret",
      "The server does not know the extension extended_master_secret.",
    ],
    [noticesFallback === false, "fallback", "The server takes a lowered version."],
  ];
  return rows.flatMap(([isBroken, rule, message]) => isBroken ? [finding(rule, message)] : []);
}

function clientAuthFindings(found: readonly ClientAuthFound[]): Finding[] {
  const enforced = found.filter(({ isEnforced }) => isEnforced === true);
  const open = found.filter(({ isEnforced }) => isEnforced === false);
  const names = (some: readonly ClientAuthFound[]) =>
    some.map(({ version }) => version).join(" and ");
  const findings: Finding[] = [];
  if (enforced.length > 0 && open.length > 0) {
    const what = `${names(enforced)} enforces client certificates, ${names(open)} does not`;
    findings.push(finding("client-certificate-differs", `${what}.`));
  } else {
    const loose = open.filter(({ isAsked }) => isAsked === true);
    if (loose.length > 0) {
      const what = `${names(loose)}: a client without a certificate is let in`;
      findings.push(
        finding("client-certificate-not-enforced", `${what}; ${loose[0]!.reason}.`),
      );
    }
  }
  for (const one of found) {
    const { version, bare, isEnforced, isAsked, isShownTaken, resumptions } = one;
    if (bare.kind === "done" && bare.found.isKeyProven === false) {
      findings.push(finding("key-not-proven", `${version}: the server's signature is wrong.`));
    }
    if (isShownTaken === false && isAsked !== false) {
      findings.push(
        finding("client-certificate-refused", `${version}: the certificate was not taken.`),
      );
    }
    if (isEnforced !== true) continue;
    for (const { source, outcome } of resumptions) {
      if (outcome !== "resumed") continue;
      const rule = source === "certificate"
        ? "resumption-keeps-certificate"
        : "resumption-without-certificate";
      findings.push(finding(rule, `${version}: ${sessionWords[source]} goes on here.`));
    }
  }
  return findings;
}

const sessionWords = {
  bare: "a session of a client without a certificate",
  certificate: "a session of a client with a certificate, without showing it again,",
  elsewhere: "a session of the other listener, without a certificate,",
} as const;
