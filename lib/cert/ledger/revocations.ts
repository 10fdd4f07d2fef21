/**
 * Which certificates are revoked, at the price of a look into a map.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Ledger } from "./ledger.ts";

/** The revoked certificates of a ledger. */
export interface Revocations extends Disposable {
  /**
   * Whether a certificate is revoked. Revocations of other processes are seen within a second.
   *
   * @param serial The serial number in lower-case hexadecimal without leading zeros.
   * @throws {DariError} `data`, `io` or `unavailable` when the ledger is damaged, cannot be read or
   * is gone. Then every certificate might be revoked, and the caller must refuse it.
   */
  isRevoked(serial: string): boolean;
  /**
   * Reads the ledger at once. A new connection asks for it: it cannot be cut later, as an open one
   * can, if it is let in on old knowledge. As long as the ledger is empty it is read only as often
   * as `isRevoked` does, since to find no file costs 100 µs.
   *
   * @throws {DariError} As {@linkcode Revocations.isRevoked}.
   */
  refresh(): Promise<void>;
}

/**
 * Opens the view of a ledger's revocations.
 *
 * @param ledger The ledger; it may be empty, and must stay open as long as the view.
 * @param clock What the pauses between two readings are measured with.
 * @returns The view; disposing it ends the watch on the ledger.
 * @throws {DariError} `data`, `io` or `unavailable` when the ledger is damaged or cannot be read.
 *
 * @example
 * ```ts
 * import { openRevocations, openStoreLedger } from "@dari/dari/cert";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assert } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * await using ledger = openStoreLedger(store);
 * await ledger.recordIssued({
 *   serial: "4a0d",
 *   authority: "aa",
 *   subject: "CN=api.internal",
 *   names: ["api.internal"],
 *   purposes: ["client"],
 *   notBeforeMs: 0,
 *   notAfterMs: 60_000,
 * });
 * using revocations = await openRevocations(ledger);
 * assert(!revocations.isRevoked("4a0d"));
 * await ledger.revoke("4a0d");
 * assert(revocations.isRevoked("4a0d"));
 * ```
 */
export async function openRevocations(
  { log }: Ledger,
  clock: Clock = systemClock,
): Promise<Revocations> {
  const follower = await log.follow();
  let wasThere = log.entries.size > 0;
  let checkedMs = clock.monotonic();
  const refuseLoss = () => {
    const isThere = log.entries.size > 0;
    if (wasThere && !isThere) {
      throw new DariError("io", "The ledger of certificates is gone; restore it from a backup");
    }
    wasThere = isThere;
  };
  return {
    isRevoked: (serial) => {
      follower.check();
      refuseLoss();
      return log.entries.get(serial)?.revoked !== undefined;
    },
    refresh: async () => {
      const nowMs = clock.monotonic();
      if (wasThere || nowMs - checkedMs >= limits.revocationCheckMs) {
        checkedMs = nowMs;
        await log.refresh();
      }
      refuseLoss();
    },
    [Symbol.dispose]: () => follower[Symbol.dispose](),
  };
}
