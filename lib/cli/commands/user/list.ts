/**
 * `dari user list`: lists accounts.
 *
 * @module
 */

import type { Command } from "../../app/command.ts";
import { columns, dataHelp, moment, report, withIdentity, wordsOf } from "../../app/identity.ts";

/** `dari user list`: lists accounts. */
export const command: Command = {
  summary: "List accounts",
  help: `  dari user list
  dari user list --json

Lists accounts with roles, state and last sign-in.

${dataHelp}`,
  flags: { string: ["data"] },
  async run(args, io) {
    wordsOf(args);
    const accounts = await withIdentity(args, io, ({ accounts }) => accounts.list());
    const rows = accounts.map(({ name, roles, active, lockedUntilMs, lastSignInAtMs }) => [
      name,
      roles.join(","),
      !active ? "disabled" : lockedUntilMs !== undefined ? "locked" : "active",
      moment(lastSignInAtMs),
    ]);
    report(args, io, accounts, columns([["NAME", "ROLES", "STATE", "LAST SIGN-IN"], ...rows]));
    return 0;
  },
};
