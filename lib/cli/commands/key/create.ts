import { foldName } from "../../../auth/mod.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { flag, operand, option, repeatedOption } from "../../app/option.ts";
import { accountName, duration, text } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";
import { withIdentity } from "../../workspace/identity_store.ts";
import { reportNewKey } from "./report_new_key.ts";

/** `dari key create` */
export const command: Command = defineCommand({
  examples: [
    "dari key create alice --name web-app",
    'dari key create alice --name ci --scope "reports.*" --expires 90d',
  ],
  operands: { account: operand(accountName("ACCOUNT"), "the account that the key signs in") },
  options: {
    name: option(text("TEXT"), "the name of the key", { default: "key" }),
    scope: repeatedOption(text("SCOPE"), "limit the key to a scope or a pattern of methods"),
    expires: option(duration, "the key expires after this time, for instance 90d"),
    signs: flag("the key signs requests and is never sent"),
    ...dataOptions,
  },
  notes: ["The key is printed once and cannot be shown again."],
  async run({ operands: { account }, options }, io) {
    const { name, scope: scopes, expires, signs } = options;
    const made = await withIdentity(options, io, ({ keys }) =>
      keys.create({
        account: foldName(account),
        name,
        signs,
        ...(scopes.length === 0 ? {} : { scopes }),
        ...(expires === undefined ? {} : { expiresAtMs: Date.now() + expires }),
      }));
    reportNewKey(options, io, made);
    return 0;
  },
});
