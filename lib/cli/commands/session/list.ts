/**
 * `dari session list`: lists sessions.
 *
 * @module
 */

import { foldName } from "../../../auth/mod.ts";
import { DariError } from "../../../base/errors.ts";
import type { Command } from "../../app/command.ts";
import { columns, dataHelp, moment, report, withIdentity } from "../../app/identity.ts";

/** `dari session list`: lists sessions. */
export const command: Command = {
  summary: "List sessions",
  help: `  dari session list
  dari session list alice

Lists the sessions that can be used, of one account or of all.

${dataHelp}`,
  flags: { string: ["data"] },
  async run(args, io) {
    const [name, ...more] = args.words;
    if (more.length > 0) throw new DariError("usage", "Name one account, or none");
    const sessions = await withIdentity(
      args,
      io,
      ({ sessions }) => sessions.list(name === undefined ? undefined : foldName(name)),
    );
    const rows = sessions.map(({ id, account, createdAtMs, idleUntilMs, address, agent }) => [
      id,
      account,
      moment(createdAtMs),
      moment(idleUntilMs),
      address,
      agent,
    ]);
    const head = ["ID", "ACCOUNT", "SINCE", "UNTIL", "ADDRESS", "PROGRAM"];
    report(args, io, sessions, columns([head, ...rows]));
    return 0;
  },
};
