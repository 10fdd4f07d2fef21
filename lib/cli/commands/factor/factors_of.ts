/**
 * Whose second factors a command works on: those of an account of the data directory, or of whoever is
 * signed in to a server.
 *
 * @module
 */

import type { Confirmed, Enrolment, Factor, FactorList } from "../../../auth/mod.ts";
import type { Io } from "../../app/command.ts";
import { optionalOperand } from "../../app/option.ts";
import { escapeControls } from "../../../base/text/printable.ts";
import { accountName } from "../../app/value_type.ts";
import { withIdentity } from "../../workspace/identity_store.ts";
import { connectAsAsked, type ConnectionChoice } from "../../workspace/server_connection.ts";

/** The account of such a command. */
export const account = optionalOperand(
  accountName(),
  "the account in the data directory; without it, yours at the server that you signed in to",
);

/** What the help of such a command says of it. */
export const accountNote =
  "Without NAME the command works on your own account at the server of --to, and your sign-in there " +
  "must be fresh: use dari login before.";

/** The factors of one account. */
export interface AccountFactors {
  /** Makes the secret of an authenticator app. */
  begin(name: string | undefined): Promise<Enrolment>;
  /** Confirms it by its first code. */
  confirm(code: string): Promise<Confirmed>;
  /** Lists the factors. */
  list(): Promise<FactorList>;
  /** Makes new recovery codes. */
  codes(): Promise<readonly string[]>;
  /** Removes a factor. */
  remove(id: string): Promise<void>;
}

/**
 * Works on the factors of an account.
 *
 * @param name The account in the data directory; `undefined` for the user's own at a server.
 * @param choice What the user typed.
 * @param io Where the command reads and writes.
 * @param work What to do.
 * @returns What the work gave.
 * @throws {DariError} What the store or the server said.
 */
export async function withFactors<T>(
  name: string | undefined,
  choice: ConnectionChoice,
  io: Io,
  work: (factors: AccountFactors) => Promise<T>,
): Promise<T> {
  if (name !== undefined) {
    return await withIdentity(choice, io, ({ factors }) =>
      work({
        begin: (label) => factors.begin(name, label === undefined ? {} : { name: label }),
        confirm: (code) => factors.confirm(name, code),
        list: () => factors.list(name),
        codes: () => factors.renewRecoveryCodes(name),
        remove: async (id) => void await factors.remove(name, id),
      }));
  }
  await using client = await connectAsAsked(choice, io);
  const ask = async <R>(method: string, params: object) => await client.call(method, params) as R;
  return await work({
    begin: (label) => ask<Enrolment>("rpc.factors.add", label === undefined ? {} : { name: label }),
    confirm: (code) => ask<Confirmed>("rpc.factors.confirm", { code }),
    list: () => ask<FactorList>("rpc.factors.list", {}),
    codes: async () =>
      (await ask<{ recoveryCodes: string[] }>("rpc.factors.codes", {})).recoveryCodes,
    remove: (id) => ask<void>("rpc.factors.remove", { id }),
  });
}

/** What a command says once an authenticator app counts. */
export function confirmedLines({ factor, recoveryCodes }: Confirmed): string[] {
  return [
    `added ${describe(factor)}: a sign-in by password needs its code from now on`,
    ...recoveryCodes === undefined ? [] : recoveryLines(recoveryCodes),
  ];
}

/** Recovery codes as they are printed. */
export function recoveryLines(codes: readonly string[]): string[] {
  return [
    "recovery codes; each signs in once without the app, and they are not shown again:",
    ...codes.map((code) => `  ${code}`),
  ];
}

function describe({ id, name }: Factor): string {
  return `${escapeControls(name)} (${id})`;
}
