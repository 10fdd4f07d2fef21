/**
 * What the commands about accounts, sessions and keys share: the data directory's store, the one
 * word that names an account or a key, and passwords that are never arguments.
 *
 * @module
 */

import { type Identity, openIdentity } from "../../auth/mod.ts";
import { DariError } from "../../base/errors.ts";
import { ensurePrivateDirectory } from "../../base/files.ts";
import { openSqliteStore } from "../../store/mod.ts";
import type { Arguments, Io } from "./command.ts";
import { dataDirectoryOf } from "./data_directory.ts";
import { readPolicy } from "./policy_file.ts";

/** The lines of `--help` for the data directory. */
export const dataHelp = "  --data DIR   the data directory (default $DARI_DATA, or ./.dari)";

/**
 * Works on the identity of the data directory, also while a server runs on it.
 *
 * @param args What the user typed; `--data` names the directory.
 * @param io Its environment names the default.
 * @param work What to do.
 * @returns What the work gave.
 * @throws {DariError} `configuration`, `data` or `io` when the store cannot be opened.
 */
export async function withIdentity<T>(
  args: Arguments,
  io: Io,
  work: (identity: Identity) => Promise<T>,
): Promise<T> {
  const directory = dataDirectoryOf(args, io);
  await ensurePrivateDirectory(directory);
  const policy = await readPolicy(`${directory}/policy.json`);
  await using store = await openSqliteStore(`${directory}/dari.db`);
  using identity = await openIdentity(store, { policy });
  return await work(identity);
}

/**
 * The words of a command that takes a fixed number of them.
 *
 * @param args What the user typed.
 * @param names What each word is, for the message.
 * @returns The words.
 * @throws {DariError} `usage` when there are more or fewer.
 */
export function wordsOf<N extends readonly string[]>(
  args: Arguments,
  ...names: N
): { [I in keyof N]: string } {
  if (args.words.length !== names.length) {
    throw new DariError(
      "usage",
      `Expected ${names.join(" ")}, got ${args.words.length} words; see --help`,
    );
  }
  return args.words as unknown as { [I in keyof N]: string };
}

/**
 * Reads a new password: from standard input with `--password-stdin`, else twice from the terminal.
 *
 * @param args What the user typed.
 * @param io Where it is read.
 * @returns The password.
 * @throws {DariError} `usage` without a terminal, or when the two differ.
 */
export async function readNewPassword(args: Arguments, io: Io): Promise<string> {
  if (args.flag("password-stdin")) return (await io.readInput()).replace(/\r?\n$/, "");
  const password = await io.promptSecret("New password: ");
  if (password === null) {
    throw new DariError(
      "usage",
      "There is no terminal to ask for a password; use --password-stdin",
    );
  }
  if (await io.promptSecret("Again: ") !== password) {
    throw new DariError("usage", "The two passwords differ; nothing was changed");
  }
  return password;
}

/**
 * Prints a result: one JSON value with `--json`, else lines for a person.
 *
 * @param args What the user typed.
 * @param io Where it is printed.
 * @param value The JSON value.
 * @param lines The lines.
 */
export function report(args: Arguments, io: Io, value: unknown, lines: readonly string[]): void {
  if (args.flag("json")) io.print(JSON.stringify(value));
  else for (const line of lines) io.print(line);
}

/**
 * A moment as people read it.
 *
 * @param milliseconds Since the epoch.
 * @returns For instance `2026-01-01 12:00:00Z`; `never` for `undefined`.
 */
export function moment(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return "never";
  return new Date(milliseconds).toISOString().replace("T", " ").replace(/\.\d+Z$/, "Z");
}

/**
 * Rows in columns.
 *
 * @param rows The rows, the first of them the head; nothing is printed where there is only the head.
 * @returns The lines.
 */
export function columns(rows: readonly (readonly string[])[]): string[] {
  if (rows.length < 2) return [];
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0))
  );
  return rows.map((row) =>
    row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ").trimEnd()
  );
}
