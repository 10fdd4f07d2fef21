import { type Command, defineCommand } from "../../app/command.ts";
import { operand } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { passwordOptions, readSecret } from "../../app/secret_input.ts";
import { accountName } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";
import { withIdentity } from "../../workspace/identity_store.ts";

/** `dari user passwd` */
export const command: Command = defineCommand({
  examples: ["dari user passwd alice", "dari user passwd alice --password-stdin < password"],
  operands: { name: operand(accountName(), "the account") },
  options: { ...passwordOptions, ...dataOptions },
  notes: ["The new password ends all sessions of the account."],
  async run({ operands: { name }, options }, io) {
    const prompt = { prompt: "New password", isNew: true };
    const password = await readSecret("password", options, io, prompt);
    await withIdentity(options, io, ({ accounts }) => accounts.setPassword(name, password));
    report(options, io, { changed: name }, [`changed the password of ${name}`]);
    return 0;
  },
});
