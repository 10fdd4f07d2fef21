/**
 * Which piece of its audit a server brings next.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import { limits } from "../../../base/limits.ts";
import { byteLength } from "../../../base/text/byte_length.ts";
import type { Sql } from "../../../store/tables/sql.ts";
import { checkpointWithin, parseCheckpoint } from "../checkpoint.ts";
import { frontierAt, type Head, readHead, readRecords, type StoredRecord } from "../tables.ts";
import { leafHash } from "../tree.ts";
import type { AuditPiece } from "./piece.ts";
import type { WitnessedAudit } from "./verify_servers.ts";

/** How much of an audit has been brought. */
export interface BroughtAudit {
  /** The audit's name. */
  readonly log: string;
  /** The last record. */
  readonly to: number;
  /** Its hash, in base64url; empty before the first one. */
  readonly last: string;
  /** The oldest record that it has there. */
  readonly first: number;
  /** The largest size that a checkpoint there signs; 0 where that is not known. */
  readonly signed: number;
}

/** How pieces are made. */
export interface PieceOptions {
  /** What people call the server. */
  readonly server: string;
  /** The most bytes of a piece. */
  readonly maxBytes: number;
  /** What another server has signed of the audit, which serves as well where it is cut. */
  readonly witnessed?: Pick<WitnessedAudit, "checkpoint" | "pem"> | undefined;
}

/**
 * Makes the next piece.
 *
 * @param sql The tables of the audit.
 * @param brought What has been brought.
 * @param options The server's name, and the most bytes of the piece.
 * @returns `undefined` where everything has been brought.
 */
export function nextPiece(
  sql: Sql,
  brought: BroughtAudit,
  { server, maxBytes, witnessed }: PieceOptions,
): AuditPiece | undefined {
  const head = readHead(sql);
  if (head?.log !== brought.log) return undefined;
  const { log, to, last, first } = brought;
  const empty = { piece: 1 as const, server, log, from: to + 1, to, last, first };
  const cut = cutOf(sql, head, brought, witnessed);
  if (cut !== undefined) {
    const skipped = Math.max(to, head.first - 1);
    const at = skipped === to ? {} : { from: skipped + 1, to: skipped, last: "" };
    return { ...empty, ...at, records: [], ...cut };
  }
  const records = fitting(readRecords(sql, to + 1), maxBytes - limits.auditPieceRoomBytes);
  const newest = records.at(-1);
  const upTo = newest?.id ?? to;
  const signed = signaturesOf(sql, brought.signed, upTo);
  if (newest === undefined && signed.checkpoints.length === 0) return undefined;
  return {
    ...empty,
    ...(newest !== undefined && { to: upTo, last: encodeBase64Url(leafHash(newest.text)) }),
    records: records.map(({ text }) => text),
    ...signed,
  };
}

/**
 * What has been brought once a piece has.
 *
 * @param brought What was brought before.
 * @param piece The piece.
 */
export function afterPiece(brought: BroughtAudit, piece: AuditPiece): BroughtAudit {
  const { to, last, first, checkpoints } = piece;
  const signed = checkpoints.map((text) => parseCheckpoint(text).size);
  return { log: brought.log, to, last, first, signed: Math.max(brought.signed, ...signed) };
}

/**
 * The hash of a record.
 *
 * @param sql The tables of the audit.
 * @param id The record's number.
 * @returns Its base64url; `undefined` where there is no such record.
 */
export function hashOfRecord(sql: Sql, id: number): string | undefined {
  const [stored] = readRecords(sql, id, 1);
  return stored?.id === id ? encodeBase64Url(leafHash(stored.text)) : undefined;
}

/**
 * What stands for records that the server has cut. Records that were brought are given up for a signature
 * alone; for those that were not, there is what there is.
 */
function cutOf(
  sql: Sql,
  head: Head,
  { to, first, signed: signedThere }: BroughtAudit,
  witnessed: PieceOptions["witnessed"],
) {
  if (head.first <= first) return undefined;
  const own = signaturesOf(sql, head.first - 2, head.first - 1);
  const signed = own.checkpoints.length > 0 ? own : signaturesBy(witnessed, head.first - 1);
  const isSigned = signed.checkpoints.length > 0 || signedThere >= head.first - 1;
  if (!isSigned && head.first <= to + 1) return undefined;
  const before = encodeBase64Url(frontierAt(sql, head.first - 1));
  return { first: head.first, before, ...signed };
}

/** A signer of a longer audit has signed what is cut as well. */
function signaturesBy(
  witnessed: PieceOptions["witnessed"],
  size: number,
): Pick<AuditPiece, "checkpoints" | "signers"> {
  if (witnessed === undefined) return { checkpoints: [], signers: [] };
  const { checkpoint, pem } = witnessed;
  const { size: signed, signer } = parseCheckpoint(checkpoint);
  if (signed < size) return { checkpoints: [], signers: [] };
  return { checkpoints: [checkpoint], signers: [{ signer, pem }] };
}

function signaturesOf(
  sql: Sql,
  above: number,
  upTo: number,
): Pick<AuditPiece, "checkpoints" | "signers"> {
  const found = checkpointWithin(sql, above, upTo);
  if (found === undefined) return { checkpoints: [], signers: [] };
  const { text, pem } = found;
  const { signer } = parseCheckpoint(text);
  return { checkpoints: [text], signers: pem === null ? [] : [{ signer, pem }] };
}

/** As many as one piece takes; at least one. */
function fitting(records: readonly StoredRecord[], maxBytes: number): readonly StoredRecord[] {
  let bytes = 0;
  const tooMany = records.findIndex(({ text }, at) => {
    bytes += byteLength(text) + 1;
    return bytes > maxBytes && at > 0;
  });
  return tooMany === -1 ? records : records.slice(0, tooMany);
}
