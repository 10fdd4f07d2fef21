/**
 * Proofs: a record, a signed checkpoint, and the few hashes between them. Another machine checks one
 * with `ca.crt` alone.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { byteLength } from "../../../base/text/byte_length.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import {
  type Checkpoint,
  parseCheckpoint,
  verifyCheckpoint,
  type VerifySignature,
} from "../checkpoint.ts";
import { type AuditRecord, parseHash, parseRecord } from "../record.ts";
import { readRecords, storedRoots } from "../tables.ts";
import { inclusionPath, leafHash, rootByPath } from "../tree.ts";

/** A proof that a record is in an audit. */
export interface AuditProof {
  /** What it is. */
  readonly proof: "dari audit 1";
  /** The record's text, which is hashed as it is. */
  readonly record: string;
  /** The hashes of RFC 9162 section 2.1.3.1, from the bottom up, in base64url. */
  readonly path: readonly string[];
  /** What was signed. */
  readonly checkpoint: Checkpoint;
  /** The certificate that signed, PEM. */
  readonly certificate: string;
}

/**
 * Makes a proof.
 *
 * @param sql The store's tables.
 * @param id The record's number.
 * @param checkpoint A checkpoint that covers it.
 * @throws {DariError} `not_found` when there is no such record, or it was cut.
 */
export function makeProof(sql: Sql, id: number, checkpoint: Checkpoint): AuditProof {
  const [stored] = readRecords(sql, id, 1);
  if (stored?.id !== id || id > checkpoint.size) {
    throw new DariError("not_found", `There is no record ${id}, or it was cut`);
  }
  const path = inclusionPath(id - 1, checkpoint.size, storedRoots(sql)).map(encodeBase64Url);
  const [signer] = sql.all<{ pem: string }>(
    "SELECT pem FROM audit_signers WHERE id = ?",
    checkpoint.signer,
  );
  if (signer === undefined) throw new DariError("data", "The certificate of the audit is missing");
  return {
    proof: "dari audit 1",
    record: stored.text,
    path,
    checkpoint,
    certificate: signer.pem,
  };
}

/**
 * Verifies a proof.
 *
 * @param text Its text.
 * @param verify Verifies signatures by the authorities that are trusted.
 * @returns The record that is proved, and what proves it.
 * @throws {DariError} `data` when it proves nothing.
 */
export async function verifyProof(
  text: string,
  verify: VerifySignature,
): Promise<{ readonly record: AuditRecord; readonly checkpoint: Checkpoint }> {
  const { record: line, path, checkpoint, certificate } = parseProof(text);
  const record = parseRecord(line);
  const hashes = path.flatMap((hash) => parseHash(hash) ?? []);
  const root = hashes.length === path.length
    ? rootByPath(leafHash(line), record.id - 1, checkpoint.size, hashes)
    : undefined;
  if (root === undefined || encodeBase64Url(root) !== checkpoint.root) {
    throw new DariError(
      "data",
      `The proof is wrong: record ${record.id}, as it stands there, is not among the ` +
        `${checkpoint.size} records that were signed`,
    );
  }
  await verifyCheckpoint(checkpoint, certificate, verify);
  return { record, checkpoint };
}

function parseProof(text: string): AuditProof {
  if (byteLength(text) > limits.maxAuditProofBytes) {
    throw new DariError("data", "This is too large for the proof of one record");
  }
  try {
    const { proof, record, path, checkpoint, certificate } = JSON.parse(text);
    const isProof = proof === "dari audit 1" && typeof record === "string" &&
      typeof certificate === "string" && Array.isArray(path) &&
      path.every((hash) => typeof hash === "string");
    const read = parseCheckpoint(JSON.stringify(checkpoint));
    if (isProof) return { proof, record, path, checkpoint: read, certificate };
  } catch {
    // It is said below.
  }
  throw new DariError("data", "This is not a proof of an audit; make one with dari audit prove");
}
