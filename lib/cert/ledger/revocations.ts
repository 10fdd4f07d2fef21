/**
 * Which certificates are revoked, at the price of a look into a map.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { LedgerFile } from "./file.ts";

/** The revoked certificates of a data directory. */
export interface Revocations {
  /**
   * Whether a certificate is revoked. Revocations of other processes are seen after
   * `limits.revocationCheckMs` at the latest.
   *
   * @param serial The serial number in lower-case hexadecimal without leading zeros.
   * @throws {DariError} `data` or `io` when the ledger is damaged, cannot be read or is there no
   * longer: then nobody can say who is still to be let in.
   */
  isRevoked(serial: string): boolean;
  /**
   * Looks at the ledger at once: for who comes in and has no connection yet that could be cut. As
   * long as there is none at all, only as often as `isRevoked`: to learn that costs 100 µs.
   *
   * @throws {DariError} As `isRevoked`.
   */
  refresh(): void;
}

/**
 * Opens the view of a data directory's revocations. It holds no file open and no timer.
 *
 * @param directory The data directory; a ledger need not exist yet.
 * @param clock Where the time comes from.
 * @throws {DariError} `data` or `io` when the ledger is damaged or cannot be read.
 */
export function openRevocations(directory: string, clock: Clock = systemClock): Revocations {
  const file = new LedgerFile(`${directory}/certificates.jsonl`);
  file.refresh();
  let wasThere = file.entries.size > 0;
  let checkedMs = clock.monotonic();
  const refresh = () => {
    file.refresh();
    const isThere = file.entries.size > 0;
    if (wasThere && !isThere) {
      throw new DariError("io", `The ledger "${file.path}" is gone; restore it from a backup`);
    }
    wasThere = isThere;
    checkedMs = clock.monotonic();
  };
  const isDue = () => clock.monotonic() - checkedMs >= limits.revocationCheckMs;
  return {
    isRevoked: (serial) => {
      if (isDue()) refresh();
      return file.entries.get(serial)?.revoked !== undefined;
    },
    refresh: () => {
      if (wasThere || isDue()) refresh();
    },
  };
}
