import { DariError } from "../../../base/errors.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { flag, option, optionalOperand } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { accountName, sessionId } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";
import { withIdentity } from "../../workspace/identity_store.ts";

/** `dari session revoke` */
export const command: Command = defineCommand({
  examples: [
    "dari session revoke 1f3b9c0a77e2d415",
    "dari session revoke --user alice",
    "dari session revoke --all",
  ],
  operands: { id: optionalOperand(sessionId, "the session (see dari session list)") },
  options: {
    user: option(accountName(), "all sessions of this account"),
    all: flag("all sessions of all accounts"),
    ...dataOptions,
  },
  notes: ["Connections that signed in with a revoked session close within a second."],
  async run({ operands: { id }, options }, io) {
    const { user, all } = options;
    if ([id !== undefined, user !== undefined, all].filter(Boolean).length !== 1) {
      throw new DariError("usage", "Give one of ID, --user NAME and --all");
    }
    await withIdentity(
      options,
      io,
      ({ sessions }) => id === undefined ? sessions.revokeAll(user) : sessions.revoke(id),
    );
    const what = id ?? user ?? "all";
    report(options, io, { revoked: what }, [`revoked ${what}`]);
    return 0;
  },
});
