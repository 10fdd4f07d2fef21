import { type Command, defineCommand } from "../../app/command.ts";
import { operand } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { accountName } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";
import { withIdentity } from "../../workspace/identity_store.ts";

/** `dari user unlock` */
export const command: Command = defineCommand({
  examples: ["dari user unlock alice"],
  operands: { name: operand(accountName(), "the account") },
  options: dataOptions,
  notes: [
    "Too many wrong passwords lock an account for some minutes; this ends the lock at once.",
  ],
  async run({ operands: { name }, options }, io) {
    await withIdentity(options, io, ({ accounts }) => accounts.unlock(name));
    report(options, io, { unlocked: name }, [`unlocked ${name}`]);
    return 0;
  },
});
