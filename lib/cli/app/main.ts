/**
 * Finds the command, runs it, and turns what it throws into a line and an exit code.
 *
 * @module
 */

import { DariError, exitCodeOf } from "../../base/errors.ts";
import { VERSION } from "../../base/version.ts";
import type { Command, Io } from "./command.ts";

/** A command that is loaded when it is called. */
export interface CommandEntry {
  /** One line for `dari --help`. */
  readonly summary: string;
  /** Loads it. */
  load(): Promise<{ command: Command }>;
}

/** The commands by name; a noun's verb has a space: `cert issue`. */
export type CommandTable = Readonly<Record<string, CommandEntry>>;

/**
 * Runs a command line.
 *
 * @param words What the user typed.
 * @param table The commands.
 * @param io Where the command reads and writes.
 * @returns The exit code.
 */
export async function main(words: readonly string[], table: CommandTable, io: Io): Promise<number> {
  const json = words.includes("--json");
  try {
    return await dispatch(words, table, io);
  } catch (error) {
    const known = error instanceof DariError;
    const message = error instanceof Error ? error.message : String(error);
    const code = known ? error.code : "internal";
    // A certificate's error says why in a word that programs can match.
    const reason = known && "reason" in error ? error.reason : undefined;
    if (json) io.print(JSON.stringify({ error: { code, reason, message } }));
    else io.warn(`dari: ${known ? "" : "internal error: "}${message}`);
    return exitCodeOf(error);
  }
}

async function dispatch(words: readonly string[], table: CommandTable, io: Io): Promise<number> {
  const [first, second] = words;
  if (asksVersion(words)) return say(io, `dari ${VERSION}`);
  if (first === undefined || first === "--help" || first === "help") {
    return say(io, overview(table));
  }
  const noun = `${first} ${second ?? ""}`;
  const name = Object.hasOwn(table, noun) ? noun : first;
  const entry = Object.hasOwn(table, name) ? table[name] : undefined;
  if (entry === undefined) return unknownCommand(first, second, table, io);
  const { command } = await entry.load();
  const rest = words.slice(name.split(" ").length);
  if (rest.includes("--help")) return say(io, command.help.trim());
  const { readArguments } = await import("./arguments.ts");
  return await command.run(readArguments(rest, command.flags), io);
}

/** `deno task run -- --version` hands its dashes on, so a command may have come before them. */
function asksVersion(words: readonly string[]): boolean {
  const at = words.indexOf("--version");
  const dashes = words.indexOf("--");
  return at >= 0 && (dashes < 0 || at < dashes || (dashes <= 1 && at === dashes + 1));
}

function unknownCommand(
  first: string,
  second: string | undefined,
  table: CommandTable,
  io: Io,
): number {
  const verbs = Object.entries(table).filter(([name]) => name.startsWith(`${first} `));
  if (verbs.length > 0 && (second === undefined || second.startsWith("-"))) {
    return say(io, listOf(verbs.map(([name, { summary }]): [string, string] => [name, summary])));
  }
  const [typed, see] = verbs.length > 0 ? [`${first} ${second}`, `dari ${first}`] : [first, "dari"];
  throw new DariError(
    "usage",
    `There is no command ${JSON.stringify(typed)}; see ${see} --help`,
  );
}

function overview(table: CommandTable): string {
  return `dari: programs that talk to each other safely

  dari serve                          start a server with sample methods
  dari call add a=10 b=20             call it from another terminal

Commands:
${listOf(rowsOf(table))}

dari COMMAND --help tells more. --json prints one JSON value; --version prints the version.`;
}

/** A row for each verb of its own, and one for each noun with all its verbs. */
function rowsOf(table: CommandTable): [string, string][] {
  const rows = new Map<string, string>();
  for (const [name, { summary }] of Object.entries(table)) {
    const [noun = "", verb] = name.split(" ");
    const verbs = rows.get(noun);
    rows.set(
      noun,
      verb === undefined ? summary : verbs === undefined ? verb : `${verbs} | ${verb}`,
    );
  }
  return [...rows];
}

function listOf(rows: readonly [string, string][]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`).join("\n");
}

function say(io: Io, text: string): number {
  io.print(text);
  return 0;
}
