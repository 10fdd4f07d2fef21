import { type Command, defineCommand } from "../../app/command.ts";
import { operand } from "../../app/option.ts";
import { formatMoment, report } from "../../app/report.ts";
import { accountName } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";
import { withIdentity } from "../../workspace/identity_store.ts";

/** `dari user show` */
export const command: Command = defineCommand({
  examples: ["dari user show alice"],
  operands: { name: operand(accountName(), "the account") },
  options: dataOptions,
  notes: ["Public keys and certificates are shown; secrets never are."],
  async run({ operands: { name }, options }, io) {
    const account = await withIdentity(options, io, async ({ accounts, factors }) => ({
      ...await accounts.get(name),
      ...await factors.list(name),
    }));
    const { publicKeys, certificates, fields, lockedUntilMs } = account;
    report(options, io, account, [
      `name          ${account.name}`,
      ...(account.email === undefined ? [] : [`e-mail        ${account.email}`]),
      ...Object.entries(fields).map(([name, text]) => `${name.padEnd(13)} ${text}`),
      `roles         ${account.roles.join(", ")}`,
      `active        ${account.active ? "yes" : "no"}`,
      ...(lockedUntilMs === undefined ? [] : [`locked until  ${formatMoment(lockedUntilMs)}`]),
      `created       ${formatMoment(account.createdAtMs)}`,
      `last sign-in  ${formatMoment(account.lastSignInAtMs)}`,
      `password      ${account.hasPassword ? "yes" : "no"}`,
      ...account.factors.map((factor) =>
        `second factor ${factor.id} ${factor.kind} ${factor.name}`
      ),
      ...publicKeys.map((key) => `public key    ${key.id} ${key.algorithm} ${key.name}`),
      ...certificates.map((identity) => `certificate   ${identity}`),
    ]);
    return 0;
  },
});
