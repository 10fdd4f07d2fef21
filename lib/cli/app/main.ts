/**
 * Finds the command, runs it, and turns what it throws into a line and an exit code.
 *
 * @module
 */

import { DariError, exitCodeOf } from "../../base/errors.ts";
import { VERSION } from "../../base/version.ts";
import type { CommandEntry, CommandTable, Io } from "./command.ts";

/**
 * Runs a command line.
 *
 * @param words What the user typed.
 * @param table The commands.
 * @param io Where the command reads and writes.
 * @returns The exit code.
 */
export async function main(words: readonly string[], table: CommandTable, io: Io): Promise<number> {
  try {
    return await dispatch(words, table, io);
  } catch (thrown) {
    const error = thrown instanceof Deno.errors.NotCapable ? notPermitted(thrown) : thrown;
    const { failureJson, failureLines } = await import("./failure.ts");
    if (hasFlag(words, "--json")) io.print(JSON.stringify(failureJson(error)));
    else for (const line of failureLines(error)) io.warn(line);
    return exitCodeOf(error);
  }
}

/** Whoever runs the program with less than all of Deno's permissions may have left one out. */
function notPermitted(cause: Error): DariError {
  return new DariError("configuration", `Deno does not allow it: ${cause.message}`, { cause });
}

/**
 * Finds the command that a command line begins with.
 *
 * @param words The command line.
 * @param table All commands.
 * @returns Its name and entry, or `undefined` where it begins with none.
 */
export function findCommand(
  words: readonly string[],
  table: CommandTable,
): { readonly name: string; readonly entry: CommandEntry } | undefined {
  const [first = "", second = ""] = words;
  for (const name of [`${first} ${second}`, first]) {
    const entry = Object.hasOwn(table, name) ? table[name] : undefined;
    if (entry !== undefined) return { name, entry };
  }
  return undefined;
}

// Everything that `--version` does not need loads when it is used.
async function dispatch(words: readonly string[], table: CommandTable, io: Io): Promise<number> {
  const [first, second] = words;
  if (asksVersion(words)) {
    if (!hasFlag(words, "--json")) return say(io, `dari ${VERSION}`);
    const { readBuild } = await import("../../packaging/build.ts");
    const { commit } = await readBuild();
    return say(io, JSON.stringify({ version: VERSION, commit, deno: Deno.version.deno }));
  }
  if (first === undefined || first === "--help" || first === "help") {
    const { formatOverview } = await import("./overview.ts");
    return say(io, formatOverview(table));
  }
  const found = findCommand(words, table);
  if (found === undefined) return await tellVerbs(first, second, table, io);
  const { name, entry } = found;
  const { command } = await entry.load();
  const rest = words.slice(name.split(" ").length);
  if (hasFlag(rest, "--help")) {
    const { formatHelp } = await import("./help.ts");
    return say(io, formatHelp(name, entry.summary, command));
  }
  const { parseArguments } = await import("./arguments.ts");
  return await command.run(parseArguments(rest, command, name), io, table);
}

/** `deno task run -- --version` hands its dashes on, so a command may have come before them. */
function asksVersion(words: readonly string[]): boolean {
  const at = words.indexOf("--version");
  const dashes = words.indexOf("--");
  return at >= 0 && (dashes < 0 || at < dashes || (dashes <= 1 && at === dashes + 1));
}

/** What stands behind `--` is no option. */
function hasFlag(words: readonly string[], flag: string): boolean {
  const at = words.indexOf(flag);
  const dashes = words.indexOf("--");
  return at >= 0 && (dashes < 0 || at < dashes);
}

async function tellVerbs(
  first: string,
  second: string | undefined,
  table: CommandTable,
  io: Io,
): Promise<number> {
  const isNoun = Object.keys(table).some((name) => name.startsWith(`${first} `));
  if (isNoun && (second === undefined || second.startsWith("-"))) {
    const { formatVerbs } = await import("./overview.ts");
    return say(io, formatVerbs(first, table));
  }
  const [typed, see] = isNoun ? [`${first} ${second}`, `dari ${first}`] : [first, "dari"];
  throw new DariError(
    "usage",
    `There is no command ${JSON.stringify(typed)}; see ${see} --help`,
  );
}

function say(io: Io, text: string): number {
  io.print(text);
  return 0;
}
