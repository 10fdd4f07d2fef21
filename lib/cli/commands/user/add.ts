/**
 * `dari user add`: makes an account.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import type { Command } from "../../app/command.ts";
import { dataHelp, readNewPassword, report, withIdentity, wordsOf } from "../../app/identity.ts";

/** `dari user add`: makes an account. */
export const command: Command = {
  summary: "Make an account",
  help: `  dari user add alice
  dari user add alice --email alice@example.com --role admin --field team=core
  printf %s "$PASSWORD" | dari user add alice --password-stdin
  dari user add worker --no-password

Makes an account. The password is asked for twice, and must have at least 15 characters.

  --email TEXT       e-mail
  --role ROLE        a role, may be repeated (default user)
  --field NAME=TEXT  an extra field, may be repeated
  --password-stdin   read the password from standard input
  --no-password      only keys and certificates sign it in
${dataHelp}`,
  flags: {
    string: ["data", "email", "role", "field"],
    boolean: ["password-stdin", "no-password"],
    collect: ["role", "field"],
  },
  async run(args, io) {
    const [name] = wordsOf(args, "NAME");
    const email = args.option("email");
    const roles = args.options("role");
    const fields = Object.fromEntries(args.options("field").map(fieldOf));
    const password = args.flag("no-password") ? undefined : await readNewPassword(args, io);
    const account = await withIdentity(args, io, ({ accounts }) =>
      accounts.add({
        name,
        fields,
        ...(email === undefined ? {} : { email }),
        ...(roles.length === 0 ? {} : { roles }),
        ...(password === undefined ? {} : { password }),
      }));
    report(args, io, account, [`added ${account.name} (${account.roles.join(", ")})`]);
    return 0;
  },
};

function fieldOf(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new DariError("usage", `--field is "${text}"; write NAME=TEXT`);
  return [text.slice(0, at), text.slice(at + 1)];
}
