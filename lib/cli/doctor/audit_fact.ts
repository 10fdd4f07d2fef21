/**
 * The audit of a data directory, as far as its signatures go.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { exists } from "../../base/file/file_state.ts";
import { reasonOf } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import { authorityFiles } from "../../cert/authority/authority_files.ts";
import { openDocumentSigner } from "../../cert/authority/document_signer.ts";
import { readCheckpoints } from "../../ops/audit/checkpoint.ts";
import { parseRecord } from "../../ops/audit/record.ts";
import { readHead, readRecords } from "../../ops/audit/tables.ts";
import type { AuditFact, Known } from "../../ops/doctor/patient/patient.ts";
import { openTables } from "../../store/tables/reader.ts";

/**
 * Reads what an audit has that is signed, and what signs it.
 *
 * @param directory The data directory.
 * @returns `undefined` where nothing was recorded yet.
 */
export async function readAuditFact(directory: string): Promise<Known<AuditFact> | undefined> {
  try {
    using tables = await openTables(`${directory}/${limits.storeFile}`, "audit_records");
    const signatures = await tables.query((sql) => {
      const head = readHead(sql);
      if (head === undefined) return undefined;
      const signed = readCheckpoints(sql, 1)[0]?.size ?? 0;
      const [oldest] = readRecords(sql, signed + 1, 1);
      return {
        isSigned: signed > 0,
        unsigned: Math.max(0, head.size - signed),
        unsignedSinceMs: oldest && Date.parse(parseRecord(oldest.text).at),
      };
    });
    if (signatures === undefined) return undefined;
    const hasAuthority = await exists(`${directory}/${authorityFiles.certificates}`);
    return { value: { ...signatures, hasAuthority, signer: await readSigner(directory) } };
  } catch (error) {
    if (error instanceof DariError && error.code === "not_found") return undefined;
    return { unknown: reasonOf(error) };
  }
}

async function readSigner(directory: string): Promise<AuditFact["signer"]> {
  try {
    const signer = await openDocumentSigner(`${directory}/${limits.auditSignerFile}`);
    return signer && { value: { notAfterMs: signer.notAfterMs } };
  } catch (error) {
    return { unknown: reasonOf(error) };
  }
}
