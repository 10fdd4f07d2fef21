/**
 * The store of a data directory, whose changes are audited.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import { auditAlongside } from "../../ops/audit/audit_log.ts";
import type { SqliteStore, SqliteStoreOptions } from "../../store/store.ts";
import { systemActor } from "./system_actor.ts";

/** How the store of a data directory is opened. */
export interface AuditedStoreOptions extends Pick<SqliteStoreOptions, "onLost"> {
  /**
   * Gives the actor of a change, as the audit names it.
   *
   * @default {the user of the system who runs this program}
   */
  readonly actor?: () => string;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/**
 * Opens the store of a data directory. Each change of accounts, keys, sessions, locks, invitations and
 * certificates is recorded in the transaction that makes it. Where the user of the system is the actor,
 * the program is one that ends soon: it signs what it added when it closes the store.
 *
 * @param directory The data directory, which exists.
 * @param options Actor and clock.
 * @returns The store; the caller closes it.
 * @throws {DariError} As `openSqliteStore` does.
 */
export async function openAuditedStore(
  directory: string,
  options: AuditedStoreOptions = {},
): Promise<SqliteStore> {
  const { actor = () => systemActor(directory), clock, onLost } = options;
  // Loaded here, since most programs and commands need no SQLite.
  const { openSqliteStore } = await import("../../store/sqlite.ts");
  let isChanged = false;
  const record = auditAlongside({ actor, clock });
  const store = await openSqliteStore(`${directory}/${limits.storeFile}`, {
    ...(clock && { clock }),
    ...(onLost && { onLost }),
    alongside(sql, batch) {
      if (record(sql, batch)) isChanged = true;
    },
  });
  if (options.actor !== undefined) return store;
  const close = store.close.bind(store);
  store.close = async () => {
    // A server signs what this one could not.
    if (isChanged) await sealNow(directory, store, clock).catch(() => {});
    isChanged = false;
    await close();
  };
  return store;
}

async function sealNow(
  directory: string,
  store: SqliteStore,
  clock: Clock | undefined,
): Promise<void> {
  const { openAuditSigner, sealAudit } = await import("./audit_signing.ts");
  const signer = await openAuditSigner(directory);
  if (signer !== undefined) await sealAudit(directory, store, signer, clock);
}
