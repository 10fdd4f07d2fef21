/**
 * What a revocation reads and changes.
 *
 * @module
 */

import type { AccountCertificates } from "../../auth/account/account_certificates.ts";
import type { Accounts } from "../../auth/account/accounts.ts";
import type { ApiKeys } from "../../auth/credential/api_keys.ts";
import type { Invitations } from "../../auth/credential/invitations.ts";
import type { Sessions } from "../../auth/credential/sessions.ts";
import type { Clock } from "../../base/clock.ts";
import type { Ledger } from "../../cert/ledger/ledger.ts";
import type { ConnectionList, Owner } from "../live/connections.ts";

/** What a revocation works with. The caller opens and closes all of it. */
export interface RevocationParts {
  /** The accounts. */
  readonly accounts: Pick<Accounts, "get" | "disable">;
  /** The accounts that client certificates stand for. */
  readonly certificates: Pick<AccountCertificates, "owner">;
  /** The sessions. */
  readonly sessions: Pick<Sessions, "list" | "revoke">;
  /** The API keys. */
  readonly keys: Pick<ApiKeys, "list" | "revoke">;
  /** The invitations. */
  readonly invitations: Pick<Invitations, "list" | "remove">;
  /** The certificates that were issued. */
  readonly ledger: Pick<Ledger, "entries" | "revoke">;
  /** Lists the connections of somebody; `undefined` where no server runs. */
  connections(owner: Owner): Promise<ConnectionList | undefined>;
  /** The time. */
  readonly clock: Clock;
}
