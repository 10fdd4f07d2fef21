/**
 * The options that several certificate commands share.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { readSecretFile } from "../../../base/files.ts";
import {
  type Authority,
  isEncryptedPem,
  type KeyAlgorithm,
  type LeafFiles,
  type Ledger,
  loadAuthority,
  type Purpose,
} from "../../../cert/mod.ts";
import { dataLedger } from "../../../endpoint/data_ledger.ts";
import type { Arguments, Io } from "../../app/command.ts";
import { dataDirectoryOf } from "../../app/data_directory.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const algorithms: readonly KeyAlgorithm[] = ["ecdsa-p256", "rsa-2048", "rsa-3072", "ed25519"];

/** The lines of `--help` about the data directory and the passphrase. */
export const authorityHelp =
  `  --data DIR         where the authority is (default $DARI_DATA or ./.dari)
  --passphrase-stdin read the passphrase of its key from standard input`;

/** An authority that is open, and its ledger, which goes with it. */
export interface OpenAuthority extends AsyncDisposable {
  readonly authority: Authority;
  readonly ledger: Ledger;
  /** The authority before it, while a rotation is under way. */
  readonly previous: readonly Authority[];
}

/**
 * Opens the authority of the data directory, asking for its passphrase where it has one.
 *
 * @throws {DariError} What {@linkcode loadAuthority} throws.
 */
export async function openAuthorityAsAsked(args: Arguments, io: Io): Promise<OpenAuthority> {
  const directory = dataDirectoryOf(args, io);
  const passphrase = await passphraseOf(args, io, `${directory}/ca.key`);
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
 * The passphrase of a key file, where it is encrypted: from standard input, or from the terminal.
 *
 * @throws {DariError} `usage` when it is needed and there is no terminal to ask on.
 */
export async function passphraseOf(
  args: Arguments,
  io: Io,
  keyFile: string,
): Promise<string | undefined> {
  if (args.flag("passphrase-stdin")) return await passphraseFromInput(io);
  let encrypted: boolean;
  try {
    encrypted = isEncryptedPem(await readSecretFile(keyFile));
  } catch (error) {
    // Whoever opens the file next says what is missing, in better words.
    if (error instanceof DariError && error.code === "not_found") return undefined;
    throw error;
  }
  return encrypted ? await askPassphrase(io, `Passphrase of ${keyFile}: `) : undefined;
}

/** Asks for a passphrase on the terminal. */
export async function askPassphrase(io: Io, message: string): Promise<string> {
  const passphrase = await io.promptSecret(message);
  if (passphrase === null) {
    throw new DariError("usage", "There is no terminal to ask on; give --passphrase-stdin");
  }
  return passphrase;
}

/** The passphrase on standard input: its first line, and nothing may follow. */
export async function passphraseFromInput(io: Io): Promise<string> {
  const passphrase = (await io.readInput()).replace(/\r?\n$/, "");
  if (passphrase === "" || passphrase.includes("\n")) {
    throw new DariError("usage", "Standard input must hold the passphrase as its one line");
  }
  return passphrase;
}

/** `--days` as milliseconds. */
export function lifeOf(args: Arguments): { lifeMs?: number } {
  const text = args.option("days");
  if (text === undefined) return {};
  if (!/^\d+(\.\d+)?$/.test(text)) {
    throw new DariError("usage", `--days takes a number such as 30, not "${text}"`);
  }
  return { lifeMs: Number(text) * DAY_MS };
}

/** `--algorithm`. */
export function algorithmOf(args: Arguments): { algorithm?: KeyAlgorithm } {
  const text = args.option("algorithm");
  if (text === undefined) return {};
  const algorithm = algorithms.find((one) => one === text);
  if (algorithm === undefined) {
    throw new DariError(
      "usage",
      `--algorithm takes one of ${algorithms.join(", ")}; not "${text}"`,
    );
  }
  return { algorithm };
}

/** `--subject`. */
export function subjectOption(args: Arguments): { subject?: string } {
  const subject = args.option("subject");
  return subject === undefined ? {} : { subject };
}

/** `--server` and `--client`; a server's where neither is given. */
export function purposesOf(args: Arguments): Purpose[] {
  const purposes = (["server", "client"] as const).filter((purpose) => args.flag(purpose));
  return purposes.length === 0 ? ["server"] : purposes;
}

/** `--out`, or a file name made of the first name. */
export function prefixOf(args: Arguments, name: string | undefined): string {
  const out = args.option("out");
  if (out !== undefined) return out;
  if (name === undefined || !/^[A-Za-z0-9*][A-Za-z0-9_.:-]*$/.test(name) || /^[a-z]+:/.test(name)) {
    throw new DariError("usage", `"${name ?? ""}" makes no file name; give one with --out PREFIX`);
  }
  return name.replace(/^\*/, "_wildcard").replaceAll(":", "_");
}

/** The one word that a command takes. */
export function wordOf(args: Arguments, what: string): string {
  const [word, ...more] = args.words;
  if (word === undefined || more.length > 0) {
    throw new DariError("usage", `Give ${what}, and nothing else; see --help`);
  }
  return word;
}

/** Tells where a new certificate and its key are; the exit code. */
export function tellPair(
  { certificate, certFile, keyFile }: LeafFiles,
  args: Arguments,
  io: Io,
): number {
  const { serial } = certificate;
  const notAfter = new Date(certificate.notAfterMs).toISOString();
  if (args.flag("json")) io.print(JSON.stringify({ serial, notAfter, certFile, keyFile }));
  else io.print(`${certFile} and ${keyFile}: serial ${serial}, valid until ${notAfter}`);
  return 0;
}
