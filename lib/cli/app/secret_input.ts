/**
 * The one way in which commands take a password or a passphrase: from a prompt on the terminal, from
 * standard input, or from a file that its owner alone can read; never from an argument, which every
 * user of the machine could see.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { readNamedSecretFile } from "../../base/file/files.ts";
import type { Io } from "./command.ts";
import { flag, option, type Options, refuseTogether } from "./option.ts";
import { file } from "./value_type.ts";

/** The options of a command that asks for a password. */
export const passwordOptions = {
  "password-stdin": flag("read the password from standard input"),
  "password-file": option(file(), "read the password from this file (mode 0600)"),
} satisfies Options;

/** The options of a command that asks for a passphrase. */
export const passphraseOptions = {
  "passphrase-stdin": flag("read the passphrase from standard input"),
  "passphrase-file": option(file(), "read the passphrase from this file (mode 0600)"),
} satisfies Options;

/** The options of a command that asks for the code of a second factor. */
export const codeOptions = {
  "code-stdin": flag("read the code of the second factor from standard input"),
  "code-file": option(file(), "read the code of the second factor from this file (mode 0600)"),
} satisfies Options;

/** The option of a command that asks for an invitation. */
export const tokenOptions = {
  "token-stdin": flag("read the invitation from standard input"),
  "token-file": option(file(), "read the invitation from this file (mode 0600)"),
} satisfies Options;

/** What is asked for: the names of its options begin so. */
export type SecretKind = "password" | "passphrase" | "token" | "code";

/** The values of {@linkcode passwordOptions} or {@linkcode passphraseOptions}. */
export type SecretSource<K extends SecretKind> =
  & { readonly [N in `${K}-stdin`]: boolean }
  & { readonly [N in `${K}-file`]: string | undefined };

/** How a secret is asked for on a terminal. */
export interface SecretPrompt {
  /** The question, without a colon. */
  readonly prompt: string;
  /** Whether it is a new secret, which is asked for twice. @default {false} */
  readonly isNew?: boolean;
}

/**
 * Whether the user said where the secret is, so that it need not be asked for.
 *
 * @param kind What is asked for.
 * @param source The options.
 */
export function hasSecretSource<K extends SecretKind>(kind: K, source: SecretSource<K>): boolean {
  const { isFromInput, path } = sourceOf(kind, source);
  return isFromInput || path !== undefined;
}

/**
 * Reads a secret: from where the options say, else from the terminal.
 *
 * @param kind What is asked for.
 * @param source The options.
 * @param io Where it is read.
 * @param prompt How it is asked for.
 * @returns The secret; never empty.
 * @throws {DariError} `usage` where there is neither an option nor a terminal, where it is empty or
 * more than a line, or where the two answers differ; `configuration` for a file that others can use.
 */
export async function readSecret<K extends SecretKind>(
  kind: K,
  source: SecretSource<K>,
  io: Io,
  { prompt, isNew = false }: SecretPrompt,
): Promise<string> {
  const { isFromInput, path } = sourceOf(kind, source);
  refuseTogether({ [`--${kind}-stdin`]: isFromInput, [`--${kind}-file`]: path !== undefined });
  if (path !== undefined) return await readSecretLine(path, kind);
  if (isFromInput) return oneLine(await io.readInput(), "Standard input", kind);
  const secret = await io.promptSecret(`${prompt}:`);
  if (secret === null) {
    throw new DariError(
      "usage",
      `There is no terminal to ask for the ${kind}; use --${kind}-stdin or --${kind}-file`,
    );
  }
  if (secret === "") throw new DariError("usage", `The ${kind} is empty; nothing was changed`);
  if (isNew && await io.promptSecret("The same again:") !== secret) {
    throw new DariError("usage", `The two ${kind}s differ; nothing was changed`);
  }
  return secret;
}

/**
 * Reads a secret from a file.
 *
 * @param path The file, readable by its owner alone.
 * @param what What it holds, for errors.
 * @returns Its one line.
 * @throws {DariError} `usage` where it is empty or more than a line, `configuration` where others can
 * use the file.
 */
export async function readSecretLine(path: string, what: string): Promise<string> {
  return oneLine(await readNamedSecretFile(path), JSON.stringify(path), what);
}

function sourceOf(kind: SecretKind, source: object) {
  const options = source as Readonly<Record<string, boolean | string | undefined>>;
  const path = options[`${kind}-file`];
  return {
    isFromInput: options[`${kind}-stdin`] === true,
    path: typeof path === "string" ? path : undefined,
  };
}

function oneLine(text: string, place: string, what: string): string {
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "" || secret.includes("\n")) {
    throw new DariError("usage", `${place} must hold the ${what} as its one line`);
  }
  return secret;
}
