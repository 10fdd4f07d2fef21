/**
 * Whether others can read or change what is in the data directory.
 *
 * @module
 */

import type { Finding } from "../../finding/finding.ts";
import { broken, type Check } from "../patient/check.ts";
import type { FileFact, Patient } from "../patient/patient.ts";

const rules = {
  "file-missing": {
    severity: "high",
    title: "There is no data directory",
    help: "Start a server, or name the right directory with --data.",
  },
  "file-readable": {
    severity: "high",
    title: "Others can read secrets",
    help: "Take their rights away with chmod.",
  },
  "file-writable": {
    severity: "critical",
    title: "Others can change the data",
    help: "Take their rights away with chmod.",
  },
  "file-owner": {
    severity: "high",
    title: "The data belongs to another user",
    help: "Make it your own with chown, or run dari as that user.",
  },
} as const;

/** Certificates are no secret; everything else in the directory may hold one, as `audit.pem` does. */
const PUBLIC = /(?:\.crt|\.crl|(?<!\/audit)\.pem)$/;

/** Modes and owners. */
export const files: Check<keyof typeof rules> = {
  subject: "files",
  rules,
  look: (patient) => {
    if (patient.files.length > 0) {
      return patient.files.flatMap((file) => [...modeFaults(file), ...ownerFaults(file, patient)]);
    }
    return [broken(rules, "file-missing", `There is no directory "${patient.directory}".`)];
  },
};

function modeFaults({ path, kind, mode }: FileFact): Finding[] {
  // Connecting to a socket takes the right to write to it, which the directory keeps from others.
  if (mode === undefined || kind === "link" || kind === "socket") return [];
  const bits = `(mode ${mode.toString(8).padStart(4, "0")})`;
  const remedy = `chmod ${kind === "directory" ? 700 : 600} ${quote(path)}`;
  if ((mode & 0o022) !== 0) {
    return [broken(rules, "file-writable", `Others can change "${path}" ${bits}.`, remedy)];
  }
  const isSecret = kind === "directory" || !PUBLIC.test(path);
  if (!isSecret || (mode & 0o055) === 0) return [];
  return [broken(rules, "file-readable", `Others can read "${path}" ${bits}.`, remedy)];
}

function ownerFaults({ path, uid }: FileFact, patient: Patient): Finding[] {
  // Root may look at everybody's directory: then all has to belong to the directory's own owner.
  const owner = patient.uid === 0 ? patient.files[0]?.uid : patient.uid;
  if (uid === undefined || owner === undefined || uid === owner) return [];
  const message = `"${path}" belongs to the user with uid ${uid}, and not to ${owner}.`;
  return [broken(rules, "file-owner", message, `chown ${owner} ${quote(path)}`)];
}

/** A path as a shell takes it. */
export function quote(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
