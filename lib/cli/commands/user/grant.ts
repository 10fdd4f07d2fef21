import type { Identity } from "../../../auth/mod.ts";
import { DariError } from "../../../base/errors.ts";
import { reasonOf } from "../../../base/file/files.ts";
import { inFile } from "../../../cert/reasons.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { flag, operand, option, repeatedOption, type ValuesOf } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { accountName, file, text } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";
import { withIdentity } from "../../workspace/identity_store.ts";

const grantOptions = {
  role: repeatedOption(text("ROLE"), "add a role"),
  "remove-role": repeatedOption(text("ROLE"), "remove a role"),
  "public-key": option(file(), "register a public key (SPKI PEM: Ed25519, P-256 or RSA)"),
  decrypts: flag("the RSA key of --public-key proves itself by decrypting, not by signing"),
  "remove-public-key": option(text("ID"), "remove a public key"),
  certificate: option(text("NAME"), "let client certificates of this name sign the account in"),
  "remove-certificate": option(text("NAME"), "no longer let them"),
};

/** `dari user grant` */
export const command: Command = defineCommand({
  examples: [
    "dari user grant alice --role admin",
    "dari user grant alice --remove-role admin",
    "dari user grant alice --public-key alice.pub",
    "dari user grant worker --certificate worker-1.example.com",
  ],
  operands: { name: operand(accountName(), "the account") },
  options: { ...grantOptions, ...dataOptions },
  notes: ["A change of roles ends the sessions of the account."],
  async run({ operands: { name }, options }, io) {
    const account = await withIdentity(options, io, async (identity) => {
      await change(identity, name, options);
      return await identity.accounts.get(name);
    });
    const { roles, publicKeys, certificates } = account;
    report(options, io, account, [
      `${account.name}: roles ${roles.join(", ") || "none"}; ${publicKeys.length} public keys; ` +
      `${certificates.length} certificates`,
    ]);
    return 0;
  },
});

async function change(
  { accounts, publicKeys, certificates }: Identity,
  name: string,
  options: ValuesOf<typeof grantOptions>,
): Promise<void> {
  const { role: add, "remove-role": remove, decrypts } = options;
  if (add.length + remove.length > 0) await accounts.grant(name, { add, remove });
  const file = options["public-key"];
  if (file !== undefined) {
    const key = await readText(file);
    const settings = { name: file.replace(/^.*\//, ""), decrypts };
    await inFile(file, () => publicKeys.add(name, key, settings));
  }
  const keyId = options["remove-public-key"];
  if (keyId !== undefined) await publicKeys.remove(name, keyId);
  const { certificate: added, "remove-certificate": removed } = options;
  if (added !== undefined) await certificates.map(name, added);
  if (removed !== undefined) await certificates.unmap(name, removed);
}

async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new DariError("io", `Cannot read "${path}": ${reasonOf(cause)}`, { cause });
  }
}
