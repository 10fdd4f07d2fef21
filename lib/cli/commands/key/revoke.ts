/**
 * `dari key revoke`: ends an API key.
 *
 * @module
 */

import type { Command } from "../../app/command.ts";
import { dataHelp, report, withIdentity, wordsOf } from "../../app/identity.ts";

/** `dari key revoke`: ends an API key. */
export const command: Command = {
  summary: "End an API key",
  help: `  dari key revoke 5f0c11d2a9be

Ends an API key; connections signed in by it close within a second.

${dataHelp}`,
  flags: { string: ["data"] },
  async run(args, io) {
    const [id] = wordsOf(args, "ID");
    await withIdentity(args, io, ({ keys }) => keys.revoke(id));
    report(args, io, { revoked: id }, [`revoked ${id}`]);
    return 0;
  },
};
