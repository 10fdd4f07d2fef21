/**
 * A scan's report for people.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import type { JudgedCertificate } from "./certificates.ts";
import type { ClientAuthReport, ScanReport, VersionReport } from "./scan_report.ts";

/**
 * Sets a report in lines.
 *
 * @param report The report.
 * @returns Lines without an LF. Names of strangers are in them as they came.
 */
export function formatReport(report: ScanReport): string[] {
  const { groups, spent, findings } = report;
  const facts = [
    [
      "groups",
      list([...groups["TLSv1.3"]]) + (report.primeBits ? `; DHE ${report.primeBits}` : ""),
    ],
    ["curves", list(groups["TLSv1.2"])],
    ...report.negotiated.map(({ version, suite, group, protocol, signature }) => [
      "handshake",
      [version, suite, group, signature, protocol || "no ALPN"].filter((one) => one !== "").join(
        ", ",
      ),
    ]),
  ].filter(([, value]) => value !== "") as [string, string][];
  return [
    "",
    ...report.versions.flatMap(formatVersion),
    ...facts.map(([name, value]) => row(name, value)),
    ...report.certificates.flatMap((certificate) => ["", ...formatCertificate(certificate)]),
    "",
    ...report.clientCertificates.map(formatClientAuth),
    "",
    ...findings.length === 0
      ? ["nothing found"]
      : findings.flatMap(({ severity, rule, message, remedy }) => [
        `${severity.padEnd(8)}  ${rule}: ${message}`,
        ...remedy === undefined ? [] : [`${" ".repeat(10)}${remedy}`],
      ]),
    "",
    `${spent.connections} connections, ${spent.sentBytes} bytes sent, ${spent.receivedBytes} ` +
    `received, ${(spent.timeMs / 1_000).toFixed(1)} s`,
  ];
}

function row(name: string, value: string): string {
  return `${name.padEnd(10)}  ${value}`;
}

function list(names: readonly string[]): string {
  return names.join(", ");
}

function formatVersion({ version, outcome, reason, suites, order }: VersionReport): string[] {
  if (outcome !== "offered") {
    const what = outcome === "refused" ? "not offered" : "unknown";
    return [row(version, reason === undefined ? what : `${what} (${reason})`)];
  }
  const whose = order === undefined ? "" : `, the ${order}'s order counts`;
  const shown = suites.length > limits.maxScanShownSuites
    ? suites.filter(({ weakness }) => weakness)
    : suites;
  const left = suites.length - shown.length;
  return [
    row(version, `offered, ${suites.length} ${suites.length === 1 ? "suite" : "suites"}${whose}`),
    ...shown.map(({ name, weakness }) =>
      row("", weakness === undefined ? name : `${name}  (${weakness})`)
    ),
    ...left > 0 ? [row("", `and ${left} with nothing against them`)] : [],
  ];
}

function formatCertificate(certificate: JudgedCertificate): string[] {
  const { subject, issuer, names, notBefore, notAfter, key, signature, chain } = certificate;
  return [
    row("subject", subject),
    row("issuer", issuer),
    row("names", list(names)),
    row("valid", `${notBefore} to ${notAfter}`),
    row("key", `${key}, signed by ${signature}`),
    row("chain", chain.join(" <- ")),
    row("trusted", certificate.isTrusted ? "yes" : "no"),
    row("sha-256", certificate.fingerprint),
  ];
}

function formatClientAuth(found: ClientAuthReport): string {
  const { version, isAsked, isEnforced, reason, resumption } = found;
  const asked = isAsked === "unknown" ? "unknown" : isAsked ? "asked for" : "not asked for";
  const enforced = isEnforced === "unknown"
    ? `unclear: ${reason}`
    : isEnforced
    ? `enforced: ${reason}`
    : `not enforced: ${reason}`;
  const words = isAsked === false ? [asked] : [asked, enforced];
  const sessions = Object.entries(resumption).filter(([, outcome]) => outcome !== "no_session")
    .map(([source, outcome]) => `${sourceWords[source as keyof typeof sourceWords]} ${outcome}`);
  return row(version, `client certificate ${[...words, ...sessions].join("; ")}`);
}

const sourceWords = {
  bare: "session without a certificate:",
  certificate: "session with a certificate, without showing it again:",
  elsewhere: "session of the other port:",
} as const;
