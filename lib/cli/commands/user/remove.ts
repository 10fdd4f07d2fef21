import { type Command, defineCommand } from "../../app/command.ts";
import { operand } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { accountName } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";
import { withIdentity } from "../../workspace/identity_store.ts";

/** `dari user remove` */
export const command: Command = defineCommand({
  examples: ["dari user remove alice"],
  operands: { name: operand(accountName(), "the account") },
  options: dataOptions,
  notes: [
    "Its keys and sessions end with it, also if an account of the same name is added later.",
  ],
  async run({ operands: { name }, options }, io) {
    await withIdentity(options, io, ({ accounts }) => accounts.remove(name));
    report(options, io, { removed: name }, [`removed ${name}`]);
    return 0;
  },
});
