import { type Command, defineCommand } from "../../app/command.ts";
import { operand } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { accountName } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";
import { withIdentity } from "../../workspace/identity_store.ts";

/** `dari user enable` */
export const command: Command = defineCommand({
  examples: ["dari user enable alice"],
  operands: { name: operand(accountName(), "the account") },
  options: dataOptions,
  notes: [
    "Its keys and certificates work again; its sessions stay revoked.",
  ],
  async run({ operands: { name }, options }, io) {
    await withIdentity(options, io, ({ accounts }) => accounts.enable(name));
    report(options, io, { enabled: name }, [`enabled ${name}`]);
    return 0;
  },
});
