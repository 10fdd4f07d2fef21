import { foldName } from "../../../auth/mod.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { optionalOperand } from "../../app/option.ts";
import { formatColumns, formatMoment, report } from "../../app/report.ts";
import { accountName } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";
import { withIdentity } from "../../workspace/identity_store.ts";

/** `dari session list` */
export const command: Command = defineCommand({
  examples: ["dari session list", "dari session list alice"],
  operands: {
    account: optionalOperand(accountName("ACCOUNT"), "only the sessions of this account"),
  },
  options: dataOptions,
  notes: ["Sessions that have ended are not listed."],
  async run({ operands: { account }, options }, io) {
    const sessions = await withIdentity(
      options,
      io,
      ({ sessions }) => sessions.list(account === undefined ? undefined : foldName(account)),
    );
    const rows = sessions.map(({ id, account, createdAtMs, idleUntilMs, address, agent }) => [
      id,
      account,
      formatMoment(createdAtMs),
      formatMoment(idleUntilMs),
      address,
      agent,
    ]);
    const head = ["ID", "ACCOUNT", "SINCE", "UNTIL", "ADDRESS", "PROGRAM"];
    report(options, io, sessions, formatColumns([head, ...rows]));
    return 0;
  },
});
