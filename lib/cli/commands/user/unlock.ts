/**
 * `dari user unlock`: end an account's lock.
 *
 * @module
 */

import type { Command } from "../../app/command.ts";
import { dataHelp, report, withIdentity, wordsOf } from "../../app/identity.ts";

/** `dari user unlock`: end an account's lock. */
export const command: Command = {
  summary: "End an account's lock",
  help: `  dari user unlock alice

Ends the lock that too many wrong passwords put on an account.

${dataHelp}`,
  flags: { string: ["data"] },
  async run(args, io) {
    const [name] = wordsOf(args, "NAME");
    await withIdentity(args, io, ({ accounts }) => accounts.unlock(name));
    report(args, io, { unlocked: name }, [`unlocked ${name}`]);
    return 0;
  },
};
