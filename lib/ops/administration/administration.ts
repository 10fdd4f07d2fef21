/**
 * The part of `dari serve` by which administrators of other machines, and the console, look after
 * accounts, sessions, keys, certificates and policy.
 *
 * @module
 */

import type { Identity } from "../../auth/sign_in/identity.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import type { CertificateState, LedgerEntry } from "../../cert/ledger/event.ts";
import type { Ledger } from "../../cert/ledger/ledger.ts";
import type { Methods } from "../../rpc/method/method.ts";
import type { Observer } from "../../rpc/observer.ts";
import { freshSignIn } from "../methods/fresh_sign_in.ts";
import { auditMethods } from "./audit_method.ts";
import type { ReadTables } from "./audit_search.ts";
import { accountMethods } from "./account_methods.ts";
import { certificateMethods } from "./certificate_methods.ts";
import { credentialMethods } from "./credential_methods.ts";
import { policyMethods } from "./policy_methods.ts";

/** What {@linkcode openAdministration} works with. */
export interface AdministrationParts {
  /** Accounts, sessions, keys and policy. */
  readonly identity: Pick<Identity, "accounts" | "sessions" | "keys" | "policy" | "explain">;
  /** The certificates that were issued. */
  readonly ledger: Pick<Ledger, "entries">;
  /** Where a certificate stands in its life. */
  readonly stateOf: (entry: LedgerEntry, nowMs: number) => CertificateState;
  /** Reads the tables of the store, of which some are the audit. */
  readonly query: ReadTables;
  /** The program's own methods. */
  readonly methods: Methods;
  /** The time. @default {systemClock} */
  readonly clock?: Clock | undefined;
}

/** The methods, and what hears of calls for them: nothing. */
export interface Administration {
  readonly observers: readonly Observer[];
  /** `rpc.accounts`, `rpc.sessions`, `rpc.keys`, `rpc.certificates`, `rpc.policy`, `rpc.audit`, and their acts. */
  readonly methods: Methods;
}

/**
 * Makes them. Those that change something are for sign-ins of the last minutes alone. The audit has
 * each call, and each change of the store with who made it.
 *
 * @param parts What they work with.
 */
export function openAdministration(
  { identity, ledger, stateOf, query, methods, clock = systemClock }: AdministrationParts,
): Administration {
  const { accounts, sessions, keys } = identity;
  const now = () => clock.now();
  const checkFresh = freshSignIn({ sessions, clock });
  const isAdminMethod = (name: string) => {
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    return typeof method === "object" && method.admin === true;
  };
  return {
    observers: [],
    methods: {
      ...accountMethods({ accounts, checkFresh, now }),
      ...credentialMethods({ sessions, keys, checkFresh, now }),
      ...certificateMethods({ ledger, stateOf, now }),
      ...policyMethods({ identity, isAdminMethod }),
      ...auditMethods({ query, now }),
    },
  };
}
