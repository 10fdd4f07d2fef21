/**
 * Checkpoints: signatures of what an audit had at one moment. With one it can be told whether a record
 * that was there then is still there, and as it was.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import type { SqliteStore } from "../../store/store.ts";
import type { Sql } from "../../store/tables/sql.ts";
import { parseHash } from "./record.ts";
import { type Head, readHead } from "./tables.ts";
import { Frontier, type Hash } from "./tree.ts";

/** A checkpoint. Its members stand in this order in its text. */
export interface Checkpoint {
  /** The random name of the audit. */
  readonly log: string;
  /** How many records there were. */
  readonly size: number;
  /** The root of the tree over them, in base64url. */
  readonly root: string;
  /** When it was signed: RFC 3339 in UTC with milliseconds. */
  readonly at: string;
  /** Which certificate signed: the SHA-256 of its PEM text, in hexadecimal. */
  readonly signer: string;
  /** The Ed25519 signature of {@linkcode signedBytes}, in base64url. */
  readonly signature: string;
}

/** What signs checkpoints. */
export interface CheckpointSigner {
  /** Its certificate, PEM. */
  readonly pem: string;
  /** Signs. */
  sign(message: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Verifies a checkpoint's signature by a certificate, which must be an authority's that is trusted.
 *
 * @throws {DariError} When it is not to be trusted, with the reason.
 */
export type VerifySignature = (
  pem: string,
  signed: {
    readonly message: Uint8Array<ArrayBuffer>;
    readonly signature: Uint8Array<ArrayBuffer>;
    readonly timeMs: number;
  },
) => Promise<void>;

/**
 * The octets that a checkpoint's signature covers: five lines.
 *
 * @param checkpoint The checkpoint.
 */
function signedBytes(
  { log, size, root, at }: Omit<Checkpoint, "signature" | "signer">,
): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`dari audit checkpoint 1\n${log}\n${size}\n${root}\n${at}\n`);
}

/**
 * Signs a state of an audit.
 *
 * @param state The audit's name, its size and the root of its tree.
 * @param signer What signs.
 * @param nowMs The time, in milliseconds since the epoch.
 */
export async function makeCheckpoint(
  { log, size, root }: { readonly log: string; readonly size: number; readonly root: Hash },
  signer: CheckpointSigner,
  nowMs: number,
): Promise<Checkpoint> {
  const at = new Date(nowMs).toISOString();
  const unsigned = { log, size, root: encodeBase64Url(root), at };
  const [id, signature] = await Promise.all([
    signerId(signer.pem),
    signer.sign(signedBytes(unsigned)),
  ]);
  return { ...unsigned, signer: id, signature: encodeBase64Url(signature) };
}

/**
 * Reads a checkpoint.
 *
 * @param text Its text.
 * @throws {DariError} `data` when it is none.
 */
export function parseCheckpoint(text: string): Checkpoint {
  try {
    const { log, size, root, at, signer, signature } = JSON.parse(text);
    const isTexts = [log, root, at, signer, signature].every((one) => typeof one === "string");
    if (isTexts && Number.isSafeInteger(size) && size >= 0 && parseHash(root) !== undefined) {
      return { log, size, root, at, signer, signature };
    }
  } catch {
    // It is said below.
  }
  throw new DariError("data", "it is not a checkpoint of an audit");
}

/**
 * Verifies the signature of a checkpoint.
 *
 * @param checkpoint The checkpoint.
 * @param pem The certificate that it names.
 * @param verify Verifies signatures.
 * @throws {DariError} When it is not to be trusted.
 */
export async function verifyCheckpoint(
  checkpoint: Checkpoint,
  pem: string,
  verify: VerifySignature,
): Promise<void> {
  if (await signerId(pem) !== checkpoint.signer) {
    throw new DariError("data", "it was signed by another certificate than the one beside it");
  }
  const signature = signatureOf(checkpoint);
  const timeMs = Date.parse(checkpoint.at);
  await verify(pem, { message: signedBytes(checkpoint), signature, timeMs });
}

/**
 * Signs what was added since the last checkpoint, whoever added it.
 *
 * @param store The store.
 * @param signer What signs.
 * @param clock Where the time comes from.
 * @returns The newest checkpoint; `undefined` where there is no record yet.
 */
export async function signAdded(
  store: Pick<SqliteStore, "query" | "transact">,
  signer: CheckpointSigner,
  clock: Pick<Clock, "now">,
): Promise<Checkpoint | undefined> {
  const { head, last } = await store.query((sql) => ({
    head: readHead(sql),
    last: readCheckpoints(sql, 1)[0],
  }));
  if (head === undefined) return undefined;
  if (last?.size === head.size) return last;
  const { log, size } = head;
  const checkpoint = await makeCheckpoint({ log, size, root: rootOf(head) }, signer, clock.now());
  await store.transact((sql) => keepCheckpoint(sql, checkpoint, signer.pem));
  return checkpoint;
}

/**
 * Stores a checkpoint with its certificate.
 *
 * @param sql The store's tables.
 * @param checkpoint The checkpoint.
 * @param pem The certificate.
 */
export function keepCheckpoint(sql: Sql, checkpoint: Checkpoint, pem: string): void {
  sql.run("INSERT OR IGNORE INTO audit_signers VALUES (?, ?)", checkpoint.signer, pem);
  sql.run(
    "INSERT OR IGNORE INTO audit_checkpoints VALUES (?, ?)",
    checkpoint.size,
    JSON.stringify(checkpoint),
  );
}

/**
 * Reads checkpoints, the newest first.
 *
 * @param sql The store's tables.
 * @param count How many at most; all by default.
 */
export function readCheckpoints(sql: Sql, count = -1): Checkpoint[] {
  return sql.all<{ text: string }>(
    "SELECT text FROM audit_checkpoints ORDER BY size DESC LIMIT ?",
    count,
  ).map(({ text }) => parseCheckpoint(text));
}

/**
 * Reads the newest checkpoint of some sizes, with its certificate.
 *
 * @param sql The store's tables.
 * @param above It signs more records than these.
 * @param upTo And at most these.
 * @returns `undefined` where there is none.
 */
export function checkpointWithin(
  sql: Sql,
  above: number,
  upTo: number,
): { readonly size: number; readonly text: string; readonly pem: string | null } | undefined {
  return sql.all<{ size: number; text: string; pem: string | null }>(
    "SELECT size, text, (SELECT pem FROM audit_signers WHERE id = text ->> '$.signer') AS pem " +
      "FROM audit_checkpoints WHERE size > ? AND size <= ? ORDER BY size DESC LIMIT 1",
    above,
    upTo,
  )[0];
}

/**
 * The root of an audit's tree.
 *
 * @param head Its state.
 */
export function rootOf({ size, frontier }: Head): Hash {
  return new Frontier(size, frontier).root();
}

/**
 * How a checkpoint names a certificate.
 *
 * @param pem The certificate, PEM.
 */
async function signerId(pem: string): Promise<string> {
  return encodeHex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(pem)));
}

function signatureOf({ signature }: Checkpoint): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(decodeBase64Url(signature));
  } catch (cause) {
    throw new DariError("data", "its signature is not base64url", { cause });
  }
}
