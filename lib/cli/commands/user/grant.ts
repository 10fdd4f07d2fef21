/**
 * `dari user grant`: gives and takes roles, public keys and certificates.
 *
 * @module
 */

import type { Identity } from "../../../auth/mod.ts";
import { DariError } from "../../../base/errors.ts";
import { reasonOf } from "../../../base/files.ts";
import type { Arguments, Command } from "../../app/command.ts";
import { dataHelp, report, withIdentity, wordsOf } from "../../app/identity.ts";

/** `dari user grant`: gives and takes roles, public keys and certificates. */
export const command: Command = {
  summary: "Give or take roles, public keys and certificates",
  help: `  dari user grant alice --role admin
  dari user grant alice --remove-role admin
  dari user grant alice --public-key alice.pub
  dari user grant worker --certificate worker-1.example.com

Changes what an account may do and what signs it in. A change of roles ends its sessions.

  --role ROLE               give a role
  --remove-role ROLE        take a role
  --public-key FILE         register a public key (SPKI PEM: Ed25519, P-256 or RSA)
  --decrypts                the RSA key proves itself by decrypting instead of signing
  --remove-public-key ID    remove a public key
  --certificate NAME        let client certificates of this identity stand for the account
  --remove-certificate NAME end that
${dataHelp}`,
  flags: {
    string: [
      "data",
      "role",
      "remove-role",
      "public-key",
      "remove-public-key",
      "certificate",
      "remove-certificate",
    ],
    boolean: ["decrypts"],
    collect: ["role", "remove-role"],
  },
  async run(args, io) {
    const [name] = wordsOf(args, "NAME");
    const account = await withIdentity(args, io, async (identity) => {
      await change(identity, name, args);
      return await identity.accounts.get(name);
    });
    const { roles, publicKeys, certificates } = account;
    report(args, io, account, [
      `${account.name}: roles ${roles.join(", ") || "none"}; ${publicKeys.length} public keys; ` +
      `${certificates.length} certificates`,
    ]);
    return 0;
  },
};

async function change(identity: Identity, name: string, args: Arguments): Promise<void> {
  const { accounts, publicKeys, certificates } = identity;
  const add = args.options("role");
  const remove = args.options("remove-role");
  if (add.length + remove.length > 0) await accounts.grant(name, { add, remove });
  const file = args.option("public-key");
  if (file !== undefined) {
    const decrypts = args.flag("decrypts");
    await publicKeys.add(name, await readText(file), { name: file.replace(/^.*\//, ""), decrypts });
  }
  const keyId = args.option("remove-public-key");
  if (keyId !== undefined) await publicKeys.remove(name, keyId);
  const added = args.option("certificate");
  if (added !== undefined) await certificates.map(name, added);
  const removed = args.option("remove-certificate");
  if (removed !== undefined) await certificates.unmap(name, removed);
}

async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new DariError("io", `Cannot read "${path}": ${reasonOf(cause)}`, { cause });
  }
}
