import { limits } from "../../../base/limits.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { flag, operand, option, repeatedOption } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { passwordOptions, readSecret } from "../../app/secret_input.ts";
import { text, type ValueType } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";
import { withIdentity } from "../../workspace/identity_store.ts";

const field: ValueType<readonly [name: string, text: string]> = {
  placeholder: "NAME=TEXT",
  expects: "a field such as team=core",
  completes: "nothing",
  parse(text) {
    const at = text.indexOf("=");
    return at < 1 ? undefined : [text.slice(0, at), text.slice(at + 1)];
  },
};

/** `dari user add` */
export const command: Command = defineCommand({
  examples: [
    "dari user add alice",
    "dari user add alice --email alice@example.com --role admin",
    "dari user add alice --password-stdin < password",
    "dari user add worker --no-password",
  ],
  operands: { name: operand(text("NAME"), "the new account") },
  options: {
    email: option(text("TEXT"), "its e-mail address"),
    role: repeatedOption(text("ROLE"), "a role (default user)"),
    field: repeatedOption(field, "an extra field"),
    ...passwordOptions,
    "no-password": flag("let only keys and certificates sign it in"),
    ...dataOptions,
  },
  notes: [
    "Without an option for the password, it is asked for on the terminal. It must have at least " +
    `${limits.minPasswordCharacters} characters.`,
  ],
  async run({ operands: { name }, options }, io) {
    const { email, role: roles } = options;
    const password = options["no-password"]
      ? undefined
      : await readSecret("password", options, io, { prompt: "New password", isNew: true });
    const account = await withIdentity(options, io, ({ accounts }) =>
      accounts.add({
        name,
        fields: Object.fromEntries(options.field),
        ...(email === undefined ? {} : { email }),
        ...(roles.length === 0 ? {} : { roles }),
        ...(password === undefined ? {} : { password }),
      }));
    report(options, io, account, [`added ${account.name} (${account.roles.join(", ")})`]);
    return 0;
  },
});
