/**
 * `dari user remove`: remove an account.
 *
 * @module
 */

import type { Command } from "../../app/command.ts";
import { dataHelp, report, withIdentity, wordsOf } from "../../app/identity.ts";

/** `dari user remove`: remove an account. */
export const command: Command = {
  summary: "Remove an account",
  help: `  dari user remove alice

Removes an account; what belonged to it stands for nobody, also when its name is given again.

${dataHelp}`,
  flags: { string: ["data"] },
  async run(args, io) {
    const [name] = wordsOf(args, "NAME");
    await withIdentity(args, io, ({ accounts }) => accounts.remove(name));
    report(args, io, { removed: name }, [`removed ${name}`]);
    return 0;
  },
};
