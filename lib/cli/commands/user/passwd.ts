/**
 * `dari user passwd`: sets a password.
 *
 * @module
 */

import type { Command } from "../../app/command.ts";
import { dataHelp, readNewPassword, report, withIdentity, wordsOf } from "../../app/identity.ts";

/** `dari user passwd`: sets a password. */
export const command: Command = {
  summary: "Set an account's password",
  help: `  dari user passwd alice
  printf %s "$PASSWORD" | dari user passwd alice --password-stdin

Sets a password, and ends all sessions of the account.

  --password-stdin  read the password from standard input
${dataHelp}`,
  flags: { string: ["data"], boolean: ["password-stdin"] },
  async run(args, io) {
    const [name] = wordsOf(args, "NAME");
    const password = await readNewPassword(args, io);
    await withIdentity(args, io, ({ accounts }) => accounts.setPassword(name, password));
    report(args, io, { changed: name }, [`changed the password of ${name}`]);
    return 0;
  },
};
