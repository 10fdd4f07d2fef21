/**
 * `dari key list`: lists API keys.
 *
 * @module
 */

import { foldName } from "../../../auth/mod.ts";
import { DariError } from "../../../base/errors.ts";
import type { Command } from "../../app/command.ts";
import { columns, dataHelp, moment, report, withIdentity } from "../../app/identity.ts";

/** `dari key list`: lists API keys. */
export const command: Command = {
  summary: "List API keys",
  help: `  dari key list
  dari key list alice

Lists API keys, of one account or of all; never a secret. STATE is active, expired or revoked.

${dataHelp}`,
  flags: { string: ["data"] },
  async run(args, io) {
    const [name, ...more] = args.words;
    if (more.length > 0) throw new DariError("usage", "Name one account, or none");
    const keys = await withIdentity(
      args,
      io,
      ({ keys }) => keys.list(name === undefined ? undefined : foldName(name)),
    );
    const rows = keys.map((key) => [
      key.id,
      key.account,
      key.name,
      key.state,
      key.scopes?.join(",") ?? "all",
      moment(key.expiresAtMs),
      moment(key.lastUsedAtMs),
    ]);
    const head = ["ID", "ACCOUNT", "NAME", "STATE", "SCOPES", "EXPIRES", "LAST USED"];
    report(args, io, keys, columns([head, ...rows]));
    return 0;
  },
};
