import { type Command, defineCommand } from "../../app/command.ts";
import { formatColumns, formatMoment, report } from "../../app/report.ts";
import { dataOptions } from "../../workspace/data_directory.ts";
import { withIdentity } from "../../workspace/identity_store.ts";

/** `dari user list` */
export const command: Command = defineCommand({
  examples: ["dari user list", "dari user list --json"],
  options: dataOptions,
  notes: ["The list shows each account's roles, its state and its last sign-in."],
  async run({ options }, io) {
    const accounts = await withIdentity(options, io, ({ accounts }) => accounts.list());
    const rows = accounts.map(({ name, roles, active, lockedUntilMs, lastSignInAtMs }) => [
      name,
      roles.join(","),
      !active ? "disabled" : lockedUntilMs !== undefined ? "locked" : "active",
      formatMoment(lastSignInAtMs),
    ]);
    const head = ["NAME", "ROLES", "STATE", "LAST SIGN-IN"];
    report(options, io, accounts, formatColumns([head, ...rows]));
    return 0;
  },
});
