/**
 * `dari user disable`: end everything that an account can do.
 *
 * @module
 */

import type { Command } from "../../app/command.ts";
import { dataHelp, report, withIdentity, wordsOf } from "../../app/identity.ts";

/** `dari user disable`: end everything that an account can do. */
export const command: Command = {
  summary: "End everything that an account can do",
  help: `  dari user disable alice

Ends the sessions, keys, certificates and open connections of an account within a second, on every
server of this data directory.

${dataHelp}`,
  flags: { string: ["data"] },
  async run(args, io) {
    const [name] = wordsOf(args, "NAME");
    await withIdentity(args, io, ({ accounts }) => accounts.disable(name));
    report(args, io, { disabled: name }, [`disabled ${name}`]);
    return 0;
  },
};
