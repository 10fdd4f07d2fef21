/**
 * Every check of `dari doctor`, in the order of its report. A new check is a file in `checks/` and a
 * row here.
 *
 * @module
 */

import { type Finding, worstFirst } from "../finding/finding.ts";
import type { Check } from "./patient/check.ts";
import { audit } from "./checks/audit.ts";
import { accounts } from "./checks/accounts.ts";
import { certificates } from "./checks/certificates.ts";
import { clock } from "./checks/clock.ts";
import { cluster } from "./checks/cluster.ts";
import { disk } from "./checks/disk.ts";
import { files } from "./checks/files.ts";
import { permissions } from "./checks/permissions.ts";
import { proxies } from "./checks/proxies.ts";
import { server } from "./checks/server.ts";
import type { Patient } from "./patient/patient.ts";

/** The checks. */
export const checks: readonly Check[] = [
  files,
  certificates,
  accounts,
  audit,
  cluster,
  clock,
  disk,
  server,
  proxies,
  permissions,
];

/** What an examination found. */
export interface Examination {
  /** What is wrong, the worst first. */
  readonly findings: readonly Finding[];
  /** What was looked at and is right. */
  readonly healthy: readonly string[];
  /** What could not be looked at, and why. */
  readonly unlooked: readonly { readonly subject: string; readonly reason: string }[];
}

/**
 * Runs every check.
 *
 * @param patient What was read.
 * @param among The checks; all of them when left out.
 */
export function examine(patient: Patient, among: readonly Check[] = checks): Examination {
  const findings: Finding[] = [];
  const healthy: string[] = [];
  const unlooked: { subject: string; reason: string }[] = [];
  // Of a directory that is not there, nothing else can be said.
  for (const check of patient.files.length === 0 ? [files] : among) {
    const { subject } = check;
    const outcome = check.look(patient);
    if (outcome === undefined) continue;
    if ("unlooked" in outcome) unlooked.push({ subject, reason: outcome.unlooked });
    else if (outcome.length === 0) healthy.push(subject);
    else findings.push(...outcome);
  }
  return { findings: worstFirst(findings), healthy, unlooked };
}
