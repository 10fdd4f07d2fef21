/**
 * `rpc.certificates`: what the authority has issued.
 *
 * @module
 */

import type { CertificateState, LedgerEntry } from "../../cert/ledger/event.ts";
import type { Ledger } from "../../cert/ledger/ledger.ts";
import type { Methods } from "../../rpc/method/method.ts";
import { readParams } from "../methods/params.ts";
import { type Listing, listing } from "./listing.ts";

/** What this method works with. */
export interface CertificateMethodsParts {
  /** What was issued. */
  readonly ledger: Pick<Ledger, "entries">;
  /** Where a certificate stands in its life. */
  readonly stateOf: (entry: LedgerEntry, nowMs: number) => CertificateState;
  /** The time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** A certificate as the list shows it. */
export interface ListedCertificate extends
  Pick<
    LedgerEntry,
    "serial" | "subject" | "names" | "purposes" | "notBeforeMs" | "notAfterMs" | "revoked"
  > {
  /** Where it stands in its life. */
  readonly state: CertificateState;
}

/**
 * Makes it. What expires next comes first; what is renewed, expired or revoked comes last.
 *
 * @param parts What it works with.
 */
export function certificateMethods({ ledger, stateOf, now }: CertificateMethodsParts): Methods {
  return {
    "rpc.certificates": {
      summary: "The certificates that the authority has issued, those that expire next first",
      idempotent: true,
      async handler(params: unknown): Promise<Listing<ListedCertificate>> {
        const { find } = readParams(params, { find: "text" });
        const atMs = now();
        const all = (await ledger.entries()).map((entry) => shown(entry, stateOf(entry, atMs)))
          .sort((left, right) => orderOf(left) - orderOf(right));
        return listing(all, atMs, find);
      },
    },
  };
}

function shown(entry: LedgerEntry, state: CertificateState): ListedCertificate {
  const { serial, subject, names, purposes, notBeforeMs, notAfterMs, revoked } = entry;
  return {
    ...{ serial, subject, names, purposes, notBeforeMs, notAfterMs, state },
    ...(revoked === undefined ? {} : { revoked }),
  };
}

function orderOf({ state, notAfterMs }: ListedCertificate): number {
  // The past ones behind all others, the last of them first.
  return state === "valid" ? notAfterMs : Number.MAX_SAFE_INTEGER - notAfterMs;
}
