/**
 * `dari session revoke`: ends sessions.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import type { Command } from "../../app/command.ts";
import { dataHelp, report, withIdentity } from "../../app/identity.ts";

/** `dari session revoke`: ends sessions. */
export const command: Command = {
  summary: "End sessions",
  help: `  dari session revoke 1f3b9c0a77e2d415
  dari session revoke --user alice
  dari session revoke --all

Ends one session, all of an account, or all. Connections signed in by them close within a second.

  --user NAME  all sessions of this account
  --all        all sessions of all accounts
${dataHelp}`,
  flags: { string: ["data", "user"], boolean: ["all"] },
  async run(args, io) {
    const [id, ...more] = args.words;
    const user = args.option("user");
    const chosen = [id, user, args.flag("all") || undefined].filter((each) => each !== undefined);
    if (chosen.length !== 1 || more.length > 0) {
      throw new DariError("usage", "Give a session's ID, --user NAME or --all");
    }
    await withIdentity(
      args,
      io,
      ({ sessions }) => id === undefined ? sessions.revokeAll(user) : sessions.revoke(id),
    );
    const what = id ?? user ?? "all";
    report(args, io, { revoked: what }, [`revoked ${what}`]);
    return 0;
  },
};
