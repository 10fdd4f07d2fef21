/**
 * Whether the audit is signed: a record that no checkpoint covers can be changed by whoever can write to
 * the data directory, and nobody can prove what it said.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import type { Finding } from "../../finding/finding.ts";
import { broken, type Check } from "../patient/check.ts";
import type { AuditFact, Patient } from "../patient/patient.ts";
import { quote } from "./files.ts";

const rules = {
  "audit-unsigned": {
    severity: "medium",
    title: "Records of the audit are not signed",
    help: "dari audit sign",
  },
  "audit-signer-missing": {
    severity: "medium",
    title: "Nothing signs the audit",
    help: "dari audit sign",
  },
  "audit-signer-unusable": {
    severity: "high",
    title: "What signs the audit cannot be used",
    help: "Remove the file, and sign by another one: dari audit sign",
  },
  "audit-signer-expired": {
    severity: "high",
    title: "The certificate that signs the audit has ended",
    help: "dari audit sign",
  },
  "audit-signer-expires-soon": {
    severity: "low",
    title: "The certificate that signs the audit ends soon",
    help: "dari audit sign",
  },
} as const;

/** The signatures of the audit. */
export const audit: Check<keyof typeof rules> = {
  subject: "audit",
  rules,
  look: (patient) => {
    if (patient.audit === undefined) return [];
    if ("unknown" in patient.audit) return { unlooked: patient.audit.unknown };
    const { value } = patient.audit;
    return [...signerFaults(value, patient), ...unsignedFaults(value, patient)];
  },
};

function signerFaults(
  { signer, isSigned, hasAuthority }: AuditFact,
  { directory, nowMs, server, files }: Patient,
): Finding[] {
  const path = `${directory}/${limits.auditSignerFile}`;
  if (signer === undefined) {
    // The first server that starts makes it; a server without an authority has nobody to issue it.
    if (!hasAuthority || (server === undefined && !isSigned)) return [];
    return [broken(rules, "audit-signer-missing", `There is no "${path}", so nothing is signed.`)];
  }
  if ("unknown" in signer) {
    // A secret that others can use is not read; the files' check says what mends that.
    const { mode = 0 } = files.find((file) => file.path === path) ?? {};
    if ((mode & 0o077) !== 0) return [];
    const remedy = `rm ${quote(path)} && dari audit sign`;
    return [broken(rules, "audit-signer-unusable", `"${path}": ${signer.unknown}.`, remedy)];
  }
  const { notAfterMs } = signer.value;
  const text = `The certificate in "${path}" is valid until ${new Date(notAfterMs).toISOString()}.`;
  if (notAfterMs <= nowMs) return [broken(rules, "audit-signer-expired", text)];
  if (notAfterMs - nowMs >= limits.scanExpiryWarningMs) return [];
  return [broken(rules, "audit-signer-expires-soon", text)];
}

function unsignedFaults(
  { unsigned, unsignedSinceMs, hasAuthority }: AuditFact,
  { nowMs, server }: Patient,
): Finding[] {
  const patienceMs = server === undefined ? limits.auditUnsignedIdleMs : limits.auditUnsignedMs;
  if (unsignedSinceMs === undefined || nowMs - unsignedSinceMs < patienceMs) return [];
  const since = new Date(unsignedSinceMs).toISOString();
  const records = unsigned === 1 ? "The newest record" : `The newest ${unsigned} records`;
  const message = `${records} of the audit, since ${since}, ${
    unsigned === 1 ? "is" : "are"
  } not signed.`;
  const remedy = hasAuthority
    ? rules["audit-unsigned"].help
    : "dari cert init makes an authority; then dari audit sign";
  const finding = broken(rules, "audit-unsigned", message, remedy);
  // Between two starts of a server commands leave records unsigned, and the next start signs them.
  return [server === undefined || !hasAuthority ? { ...finding, severity: "info" } : finding];
}
