/**
 * Retention: the oldest records are removed, and what is left still proves what it proved before.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { SqliteStore } from "../../store/store.ts";
import type { Sql } from "../../store/tables/sql.ts";
import { type CheckpointSigner, keepCheckpoint, makeCheckpoint } from "./checkpoint.ts";
import { addRecords, frontierAt, NODE_RECORDS, readHead } from "./tables.ts";
import { Frontier, type Hash } from "./tree.ts";

/** What is cut, and by whom. */
export interface CutOptions {
  /** Records older than this are removed, in milliseconds since the epoch. */
  readonly beforeMs: number;
  /** The actor, as the audit names it. */
  readonly by: string;
  /** Where the time comes from. */
  readonly clock: Pick<Clock, "now">;
  /** What seals the cut; without it the record of the cut alone says what was there. */
  readonly signer?: CheckpointSigner | undefined;
}

/** What was cut. */
export interface Cut {
  /** The oldest record that was removed. */
  readonly from: number;
  /** The newest one. */
  readonly to: number;
}

/**
 * Cuts an audit. Whole subtrees are cut, so that their roots, which stay, serve the proofs of what is
 * left. The cut itself is a record, with the root over everything up to it, and a checkpoint seals it.
 *
 * @param store The store.
 * @param options Up to when.
 * @returns What was removed; `undefined` where nothing is old enough.
 */
export async function cutAudit(
  store: Pick<SqliteStore, "query" | "transact">,
  { beforeMs, by, clock, signer }: CutOptions,
): Promise<Cut | undefined> {
  const found = await store.query((sql) => findCut(sql, beforeMs));
  if (found === undefined) return undefined;
  const { log, from, to, root } = found;
  const seal = signer && await makeCheckpoint({ log, size: to, root }, signer, clock.now());
  const isCut = await store.transact((sql) => {
    if (readHead(sql)?.first !== from) return false; // another process was faster
    if (seal !== undefined) keepCheckpoint(sql, seal, signer!.pem);
    const data = { from, to, root: encodeBase64Url(root) };
    addRecords(sql, [{ kind: "audit.cut", data }], { nowMs: clock.now(), by, maxBytes: Infinity });
    sql.run("UPDATE audit_head SET first = ?", to + 1);
    sql.run("DELETE FROM audit_checkpoints WHERE size < ?", to);
    return true;
  });
  await removeCut(store);
  return isCut ? { from, to } : undefined;
}

/** Where the newest subtree ends that has old records alone. */
function findCut(
  sql: Sql,
  beforeMs: number,
): { log: string; from: number; to: number; root: Hash } | undefined {
  const head = readHead(sql);
  if (head === undefined) return undefined;
  const before = new Date(beforeMs).toISOString();
  const kept = sql.all<{ id: number }>(
    "SELECT id FROM audit_records WHERE id >= ? AND at >= ? ORDER BY id LIMIT 1",
    head.first,
    before,
  )[0]?.id ?? head.size;
  const to = Math.floor((kept - 1) / NODE_RECORDS) * NODE_RECORDS;
  if (to < head.first) return undefined;
  const root = new Frontier(to, frontierAt(sql, to)).root();
  return { log: head.log, from: head.first, to, root };
}

/** In steps, so that others can write in between. What a crash leaves is removed with the next cut. */
async function removeCut(store: Pick<SqliteStore, "transact">): Promise<void> {
  while (
    await store.transact((sql) => {
      const [{ bytes, last } = { bytes: null, last: null }] = sql.all<Removed>(
        "SELECT sum(length(CAST(text AS BLOB))) AS bytes, max(id) AS last FROM (SELECT id, text " +
          "FROM audit_records WHERE id < (SELECT first FROM audit_head) ORDER BY id LIMIT ?)",
        limits.auditPageRecords,
      );
      if (bytes === null || last === null) return false;
      sql.run("DELETE FROM audit_records WHERE id <= ?", last);
      sql.run("UPDATE audit_head SET bytes = bytes - ?", bytes);
      return true;
    })
  );
}

interface Removed {
  readonly bytes: number | null;
  readonly last: number | null;
}
