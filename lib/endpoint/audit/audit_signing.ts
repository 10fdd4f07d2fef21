/**
 * The signer of a data directory's audit, and the newest checkpoint as a file beside it.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { readOwnFile, writeFileAtomic } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import type { Certificate, Ledger } from "../../cert/mod.ts";
import {
  type Checkpoint,
  type CheckpointSigner,
  parseCheckpoint,
  signAdded,
  type VerifySignature,
} from "../../ops/audit/checkpoint.ts";
import type { SqliteStore } from "../../store/store.ts";

/**
 * Opens the signer of a data directory, where there is one.
 *
 * @param directory The data directory.
 * @param clock Where the time comes from.
 * @returns `undefined` where the directory has none, or one that has ended: nobody trusts what it signs.
 * @throws {DariError} `data` or `configuration` for a file that cannot be used.
 */
export async function openAuditSigner(
  directory: string,
  clock: Pick<Clock, "now"> = systemClock,
): Promise<CheckpointSigner | undefined> {
  // Loaded here, as certificates are for all that most commands do.
  const { openDocumentSigner } = await import("../../cert/authority/document_signer.ts");
  const signer = await openDocumentSigner(signerFile(directory));
  return signer !== undefined && signer.notAfterMs > clock.now() ? signer : undefined;
}

/**
 * Gives a data directory its signer, by its authority.
 *
 * @param directory The data directory.
 * @param options Ledger and passphrase of the authority.
 * @returns `undefined` where there is none and none can be made.
 */
export async function ensureAuditSigner(
  directory: string,
  options: {
    readonly ledger: Ledger;
    readonly passphrase?: string | undefined;
    readonly clock?: Clock | undefined;
  },
): Promise<CheckpointSigner | undefined> {
  const { ensureDocumentSigner } = await import("../../cert/authority/document_signer.ts");
  const subject = "dari audit";
  return await ensureDocumentSigner(directory, signerFile(directory), { ...options, subject });
}

/**
 * Signs what was added to an audit, and writes the checkpoint beside the store: a copy of it elsewhere
 * tells an audit that was replaced as a whole.
 *
 * @param directory The data directory.
 * @param store Its store.
 * @param signer Its signer.
 * @param clock Where the time comes from.
 */
export async function sealAudit(
  directory: string,
  store: Pick<SqliteStore, "query" | "transact">,
  signer: CheckpointSigner,
  clock: Pick<Clock, "now"> = systemClock,
): Promise<Checkpoint | undefined> {
  const before = (await readKeptCheckpoint(directory).catch(() => undefined))?.size;
  const checkpoint = await signAdded(store, signer, clock);
  if (checkpoint === undefined || checkpoint.size === before) return checkpoint;
  await writeFileAtomic(checkpointFile(directory), `${JSON.stringify(checkpoint)}\n`);
  return checkpoint;
}

/**
 * Reads the checkpoint beside the store.
 *
 * @param directory The data directory.
 * @throws {DariError} `not_found` where there is none, `data` for one that cannot be read.
 */
export async function readKeptCheckpoint(directory: string): Promise<Checkpoint> {
  return parseCheckpoint(await readOwnFile(checkpointFile(directory)));
}

/**
 * Verifies signatures by authorities.
 *
 * @param authorities Those that are trusted.
 */
export function trusting(authorities: readonly Certificate[]): VerifySignature {
  return async (pem, signed) => {
    const { verifyDocument } = await import("../../cert/authority/document_signer.ts");
    await verifyDocument(pem, authorities, signed);
  };
}

function signerFile(directory: string): string {
  return `${directory}/${limits.auditSignerFile}`;
}

function checkpointFile(directory: string): string {
  return `${directory}/${limits.auditCheckpointFile}`;
}
