/**
 * `rpc.accounts` and what administrators do with one account.
 *
 * @module
 */

import type { Account } from "../../auth/account/account.ts";
import type { Accounts } from "../../auth/account/accounts.ts";
import { DariError } from "../../base/errors.ts";
import type { Context } from "../../rpc/method/context.ts";
import type { Method, Methods } from "../../rpc/method/method.ts";
import type { CheckFreshness } from "../methods/fresh_sign_in.ts";
import { needed, readParams } from "../methods/params.ts";
import { type Listing, listing } from "./listing.ts";

/** What these methods work with. */
export interface AccountMethodsParts {
  /** The accounts. */
  readonly accounts: Pick<Accounts, "list" | "get" | "disable" | "enable" | "unlock">;
  /** Refuses to change anything for a session that began long ago. */
  readonly checkFresh: CheckFreshness;
  /** The time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** An account as the list shows it. */
export interface ListedAccount extends Omit<Account, "publicKeys" | "fields"> {
  /** How many public keys sign it in. */
  readonly publicKeys: number;
}

/**
 * Makes them.
 *
 * @param parts What they work with.
 */
export function accountMethods({ accounts, checkFresh, now }: AccountMethodsParts): Methods {
  const act = (
    summary: string,
    change: (name: string) => Promise<void>,
    isSelf?: string,
  ): Method => ({
    summary,
    async handler(params: unknown, { principal }: Context) {
      const account = needed(readParams(params, { account: "text" }), "account");
      const { name } = await accounts.get(account);
      await checkFresh(principal);
      if (isSelf !== undefined && principal?.name === name) {
        throw new DariError("failed_precondition", isSelf);
      }
      await change(name);
      return shownAccount(await accounts.get(name));
    },
  });
  return {
    "rpc.accounts": {
      summary: "The accounts",
      idempotent: true,
      async handler(params: unknown): Promise<Listing<ListedAccount>> {
        const { find } = readParams(params, { find: "text" });
        return listing((await accounts.list()).map(shownAccount), now(), find);
      },
    },
    "rpc.accounts.disable": act(
      "Disable an account: its sessions, keys and connections end",
      (name) => accounts.disable(name),
      "This is the account that you signed in with; sign in as somebody else to disable it",
    ),
    "rpc.accounts.enable": act("Enable a disabled account", (name) => accounts.enable(name)),
    "rpc.accounts.unlock": act("End the lock of an account", (name) => accounts.unlock(name)),
  };
}

function shownAccount({ publicKeys, fields: _fields, ...account }: Account): ListedAccount {
  return { ...account, publicKeys: publicKeys.length };
}
