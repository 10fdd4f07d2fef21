/**
 * The options that several certificate commands share.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { DAY_MS } from "../../../base/limits/units.ts";
import { limits } from "../../../base/limits.ts";
import {
  type Authority,
  type KeyAlgorithm,
  type LeafFiles,
  type Ledger,
  loadAuthority,
  type Purpose,
} from "../../../cert/mod.ts";
import { settleKey } from "../../../cert/authority/authority_files.ts";
import { dataLedger } from "../../../endpoint/data_ledger.ts";
import type { Io } from "../../app/command.ts";
import { flag, type Option, option, type Options, repeatedOption } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import {
  hasSecretSource,
  passphraseOptions,
  readSecret,
  type SecretSource,
} from "../../app/secret_input.ts";
import { choice, text, type ValueType } from "../../app/value_type.ts";
import { isEncryptedKey } from "../../workspace/key_file.ts";
import { type DataChoice, dataDirectoryOf, dataOptions } from "../../workspace/data_directory.ts";

const algorithms: readonly KeyAlgorithm[] = ["ecdsa-p256", "rsa-2048", "rsa-3072", "ed25519"];

/** The options of commands that use the key of the authority. */
export const authorityOptions = { ...passphraseOptions, ...dataOptions } satisfies Options;

/** What the user typed for {@linkcode authorityOptions}. */
export type AuthorityChoice = DataChoice & SecretSource<"passphrase">;

/** `--subject`. */
export const subjectOptions = {
  subject: option(text("SUBJECT"), 'the subject, for instance "O=Example, CN=api"'),
} satisfies Options;

/** `--server` and `--client`. */
export const purposeOptions = {
  server: flag("a certificate for servers (default)"),
  client: flag("a certificate for clients; with --server, for both"),
} satisfies Options;

/** `--permit` and `--unconstrained`. */
export const permitOptions = {
  permit: repeatedOption(
    text("NAME"),
    "what the authority may issue for: a domain with all below it, a range, uri:… or email:…",
  ),
  unconstrained: flag("let the authority issue for every name; anyone who has its key can too"),
} satisfies Options;

/** An authority that is open, and its ledger; disposing of it closes the ledger. */
export interface OpenAuthority extends AsyncDisposable {
  readonly authority: Authority;
  readonly ledger: Ledger;
  /** The authority before it, while a rotation is under way. */
  readonly previous: readonly Authority[];
}

/** A number of days, in milliseconds. */
const days: ValueType<number> = {
  placeholder: "N",
  expects: "a number such as 30",
  completes: "nothing",
  parse: (text) => /^\d+(\.\d+)?$/.test(text) ? Number(text) * DAY_MS : undefined,
};

/**
 * `--days`.
 *
 * @param defaultMs How long a certificate is valid where it is not given, in milliseconds.
 */
export function lifeOptions(defaultMs: number = limits.leafLifeMs): { days: Option<number> } {
  return {
    days: option(days, "how many days it is valid", { default: String(defaultMs / DAY_MS) }),
  };
}

/** `--days` of a command that keeps the life of an older certificate otherwise. */
export const renewalOptions = {
  days: option(days, "how many days it is valid (default: as many as the old one)"),
} satisfies Options;

/** `--algorithm`. */
export const algorithmOptions = {
  algorithm: option(choice("NAME", algorithms), "the kind of key", { default: "ecdsa-p256" }),
} satisfies Options;

/**
 * Opens the authority of the data directory, asking for its passphrase where it has one.
 *
 * @throws {DariError} What {@linkcode loadAuthority} throws.
 */
export async function openAuthorityAsAsked(
  choice: AuthorityChoice,
  io: Io,
): Promise<OpenAuthority> {
  const directory = dataDirectoryOf(choice, io);
  await settleKey(directory);
  const passphrase = await passphraseOfKey(`${directory}/ca.key`, choice, io);
  const authority = await loadAuthority(directory, passphrase);
  const previous = await loadAuthority(directory, passphrase, "previousKey").then(
    (one) => [one],
    (error) => {
      if (error instanceof DariError && error.code === "not_found") return [];
      throw error;
    },
  );
  const ledger = dataLedger(directory);
  return {
    authority,
    ledger,
    previous,
    [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose](),
  };
}

/**
 * The passphrase of a key file: from where the options say, or from the terminal where the key is
 * encrypted.
 *
 * @throws {DariError} `usage` when it is needed and cannot be asked for.
 */
export async function passphraseOfKey(
  keyFile: string,
  source: SecretSource<"passphrase">,
  io: Io,
): Promise<string | undefined> {
  if (!hasSecretSource("passphrase", source) && !await isEncryptedKey(keyFile)) return undefined;
  return await readSecret("passphrase", source, io, { prompt: `Passphrase of ${keyFile}` });
}

/** The purposes of a certificate: a server's where none was given. */
export function purposesOf(
  given: { readonly server: boolean; readonly client: boolean },
): Purpose[] {
  const purposes = (["server", "client"] as const).filter((purpose) => given[purpose]);
  return purposes.length === 0 ? ["server"] : purposes;
}

/** What the authority may issue for; nothing where the user named nothing. */
export function permitsOf(
  { permit, unconstrained }: {
    readonly permit: readonly string[];
    readonly unconstrained: boolean;
  },
): { permits?: readonly string[] | "any" } {
  return unconstrained ? { permits: "any" } : permit.length > 0 ? { permits: permit } : {};
}

/** An option of the certificate library, where the user gave a value. */
export function subjectOf(
  { subject }: { readonly subject: string | undefined },
): { subject?: string } {
  return subject === undefined ? {} : { subject };
}

/**
 * `--out`, or a file name made of the first name.
 *
 * @throws {DariError} `usage` where no file name can be made of it.
 */
export function prefixOf(out: string | undefined, name: string | undefined): string {
  if (out !== undefined) return out;
  if (name === undefined || !/^[A-Za-z0-9*][A-Za-z0-9_.:-]*$/.test(name) || /^[a-z]+:/.test(name)) {
    throw new DariError(
      "usage",
      `${JSON.stringify(name ?? "")} makes no file name; give one with --out PREFIX`,
    );
  }
  return name.replace(/^\*/, "_wildcard").replaceAll(":", "_");
}

/** Tells where a new certificate and its key are; the exit code. */
export function reportPair(
  { certificate, certFile, keyFile }: LeafFiles,
  options: { readonly json: boolean },
  io: Io,
): number {
  const { serial } = certificate;
  const notAfter = new Date(certificate.notAfterMs).toISOString();
  report(options, io, { serial, notAfter, certFile, keyFile }, [
    `${certFile} and ${keyFile}: serial ${serial}, valid until ${notAfter}`,
  ]);
  return 0;
}
