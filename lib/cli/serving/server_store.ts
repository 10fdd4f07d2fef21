/**
 * The store of a server, with the ledger of its certificates.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { type Ledger, openStoreLedger } from "../../cert/ledger/ledger.ts";
import { openRevocations } from "../../cert/ledger/revocations.ts";
import type { MetricsRegistry } from "../../ops/metrics/registry.ts";
import { measuredStore } from "../../ops/metrics/store_metrics.ts";
import { openSqliteStore, type Store } from "../../store/mod.ts";

/** What a server keeps in its data directory. Disposing closes all of it. */
export interface ServerStore extends AsyncDisposable {
  /** Accounts, sessions, keys. */
  readonly store: Store;
  /** The certificates that were issued. */
  readonly ledger: Ledger;
  /** Rejects when the store's file is gone: nobody else can reach what the server still has open. */
  readonly lost: Promise<never>;
  /** Whether a certificate is revoked. */
  isCertificateRevoked(certificate: { readonly serial: string }): boolean;
}

/**
 * Opens the store of a server.
 *
 * @param data The data directory.
 * @param registry Where the times of its reads and writes are registered, if they are measured.
 * @returns What is in it; whoever opens it disposes of it.
 * @throws {DariError} `io`, `configuration` and `data` for a store or a ledger that cannot be used.
 */
export async function openServerStore(
  data: string,
  registry?: MetricsRegistry,
): Promise<ServerStore> {
  await using opening = new AsyncDisposableStack();
  const { promise: lost, reject: onLost } = Promise.withResolvers<never>();
  lost.catch(() => {}); // it may come before anybody waits for it
  const storeFile = `${data}/${limits.storeFile}`;
  const store = opening.use(await openSqliteStore(storeFile, { onLost }));
  const ledger = opening.use(openStoreLedger(store, { directory: data, storeFile }));
  const revocations = opening.use(await openRevocations(ledger));
  const opened = opening.move();
  return {
    store: registry === undefined ? store : measuredStore(store, registry),
    ledger,
    lost,
    isCertificateRevoked: ({ serial }) => revocations.isRevoked(serial),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
