import { type Command, defineCommand } from "../../app/command.ts";
import { operand } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { accountName } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";
import { withIdentity } from "../../workspace/identity_store.ts";

/** `dari user disable` */
export const command: Command = defineCommand({
  examples: ["dari user disable alice"],
  operands: { name: operand(accountName(), "the account") },
  options: dataOptions,
  notes: [
    "Its sessions, keys, certificates and open connections stop working within a second, on every " +
    "server of this data directory.",
  ],
  async run({ operands: { name }, options }, io) {
    await withIdentity(options, io, ({ accounts }) => accounts.disable(name));
    report(options, io, { disabled: name }, [`disabled ${name}`]);
    return 0;
  },
});
