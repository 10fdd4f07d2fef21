/**
 * `dari user show`: shows one account.
 *
 * @module
 */

import type { Command } from "../../app/command.ts";
import { dataHelp, moment, report, withIdentity, wordsOf } from "../../app/identity.ts";

/** `dari user show`: shows one account. */
export const command: Command = {
  summary: "Show an account",
  help: `  dari user show alice

Shows an account with its public keys and certificates; never a secret.

${dataHelp}`,
  flags: { string: ["data"] },
  async run(args, io) {
    const [name] = wordsOf(args, "NAME");
    const account = await withIdentity(args, io, ({ accounts }) => accounts.get(name));
    const { publicKeys, certificates, fields, lockedUntilMs } = account;
    report(args, io, account, [
      `name          ${account.name}`,
      ...(account.email === undefined ? [] : [`e-mail        ${account.email}`]),
      ...Object.entries(fields).map(([name, text]) => `${name.padEnd(13)} ${text}`),
      `roles         ${account.roles.join(", ")}`,
      `active        ${account.active ? "yes" : "no"}`,
      ...(lockedUntilMs === undefined ? [] : [`locked until  ${moment(lockedUntilMs)}`]),
      `created       ${moment(account.createdAtMs)}`,
      `last sign-in  ${moment(account.lastSignInAtMs)}`,
      `password      ${account.hasPassword ? "yes" : "no"}`,
      ...publicKeys.map((key) => `public key    ${key.id} ${key.algorithm} ${key.name}`),
      ...certificates.map((identity) => `certificate   ${identity}`),
    ]);
    return 0;
  },
};
