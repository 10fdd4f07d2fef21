/**
 * What a data directory remembers of its cluster's log: how much of it was read here.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { ClusterStore } from "../../cluster/store/cluster_store.ts";
import type { Store } from "../../store/store.ts";

/** Under it a directory has what is its own, and not the cluster's. */
export const OWN_PREFIX = "cluster/";
/** Where the directory remembers it. */
export const SEEN: string = `${OWN_PREFIX}seen`;

/** What was read of the log. */
type Reader = Pick<ClusterStore, "figures">;

/**
 * Opens the shared store, and refuses one that has lost what was read here before: a stream that was
 * removed or brought back from a copy must not bring back what was revoked.
 *
 * @param own The store in the directory's file.
 * @param directory The directory, for the message.
 * @param open Opens the shared store.
 * @returns What was opened.
 * @throws {DariError} `data` where the log ends before what was read.
 */
export async function openUnlost<T extends { readonly store: Reader }>(
  own: Pick<Store, "get">,
  directory: string,
  open: () => Promise<T>,
): Promise<T> {
  // Before the log is read: while it is, a server that runs in this directory reads on.
  const seen = await readSeen(own);
  const opened = await open();
  const { sequence } = opened.store.figures;
  if (sequence >= seen) return opened;
  throw new DariError(
    "data",
    `The cluster's stream has lost what was written: it ends at ${sequence}, and "${directory}" had ` +
      `read it up to ${seen}. Restore the stream; where that is not possible, ` +
      "dari store migrate --to sqlite takes out what is left",
  );
}

/**
 * Remembers how much was read, where another program has not read more.
 *
 * @param own The store in the directory's file.
 * @param reader The shared store.
 */
export async function rememberSeen(
  own: Pick<Store, "get" | "put">,
  { figures: { sequence } }: Reader,
): Promise<void> {
  const before = await own.get(SEEN);
  if (Number(before?.value ?? 0) >= sequence) return;
  await own.put(SEEN, String(sequence), { ifVersion: before?.version ?? 0 });
}

async function readSeen(own: Pick<Store, "get">): Promise<number> {
  return Number((await own.get(SEEN))?.value ?? 0);
}
