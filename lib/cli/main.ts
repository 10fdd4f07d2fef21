/**
 * Finds the command, runs it, and turns what it throws into a line and an exit code.
 *
 * @module
 */

import { DariError, exitCodeOf } from "../base/errors.ts";
import { VERSION } from "../base/version.ts";
import { type CommandTable, findCommand, type Io } from "./app/command.ts";
import { asTyped, programOf, speakerOf } from "./app/program.ts";

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
    await tellFailure(error, words, table, io);
    return exitCodeOf(error);
  }
}

async function tellFailure(
  error: unknown,
  words: readonly string[],
  table: CommandTable,
  io: Io,
): Promise<void> {
  const program = programOf(io);
  const say = (text: string) => asTyped(text, program, table);
  const { failureJson, failureLines } = await import("./app/failure.ts");
  if (hasFlag(words, "--json")) {
    try {
      return io.print(JSON.stringify(failureJson(error, say)));
    } catch {
      // Where standard output takes nothing, which may be the failure itself, a person is told.
    }
  }
  const { languageOf } = await import("./language/language.ts");
  const { translate } = await import("./language/translate.ts");
  const tell = (text: string) => say(translate(text, languageOf(io)));
  for (const line of failureLines(error, speakerOf(program), tell)) io.warn(line);
}

/** The program may run with less than all of Deno's permissions, and one may be missing. */
function notPermitted(cause: Error): DariError {
  return new DariError("configuration", `Deno does not allow it: ${cause.message}`, { cause });
}

// Everything that `--version` does not need loads when it is used.
async function dispatch(words: readonly string[], table: CommandTable, io: Io): Promise<number> {
  const [first, ...others] = words;
  if (asksVersion(words)) return await tellVersion(words, io);
  const isJson = hasFlag(words, "--json");
  // `dari help cert issue` is `dari cert issue --help`.
  if (first === "help") {
    const about = others.filter((word) => word !== "--json");
    return await dispatch([...about, "--help", ...(isJson ? ["--json"] : [])], table, io);
  }
  if (words.every((word) => OVERVIEW.includes(word))) return await overview(table, io, isJson);
  const found = findCommand(words, table);
  if (found === undefined) return await tellVerbs(words, table, io);
  const { name, entry } = found;
  const { command } = await entry.load();
  const rest = words.slice(name.split(" ").length);
  if (hasFlag(rest, "--help") || hasFlag(rest, "-h")) {
    const { languageOf } = await import("./language/language.ts");
    const named = { name, summary: entry.summary, command };
    if (isJson) {
      const { helpData } = await import("./help/help_data.ts");
      return say(io, JSON.stringify(helpData(named, programOf(io), table, languageOf(io))));
    }
    const { formatHelp } = await import("./help/help.ts");
    return say(io, formatHelp(named, programOf(io), table, languageOf(io)));
  }
  const { parseArguments } = await import("./app/arguments.ts");
  return await command.run(parseArguments(rest, command, name), io, table);
}

/** `deno task run -- --version` hands its dashes on, so a command may have come before them. */
function asksVersion(words: readonly string[]): boolean {
  if (words[0] === "version") return true;
  const at = words.indexOf("--version");
  const dashes = words.indexOf("--");
  return at >= 0 && (dashes < 0 || at < dashes || (dashes <= 1 && at === dashes + 1));
}

async function tellVersion(words: readonly string[], io: Io): Promise<number> {
  if (!hasFlag(words, "--json")) {
    const program = programOf(io);
    return say(
      io,
      program.isService ? `${speakerOf(program)} (dari ${VERSION})` : `dari ${VERSION}`,
    );
  }
  const { readBuild } = await import("../packaging/build.ts");
  const { commit } = await readBuild();
  return say(io, JSON.stringify({ version: VERSION, commit, deno: Deno.version.deno }));
}

/** What stands behind `--` is no option. */
function hasFlag(words: readonly string[], flag: string): boolean {
  const at = words.indexOf(flag);
  const dashes = words.indexOf("--");
  return at >= 0 && (dashes < 0 || at < dashes);
}

/** Without a command, these ask for a list of them. */
const OVERVIEW = ["--help", "-h", "--json"];

/** Prints the commands, or those of a noun, as data. */
async function sayCommands(table: CommandTable, io: Io, noun?: string): Promise<number> {
  const { commandsData } = await import("./help/help_data.ts");
  return say(io, JSON.stringify(commandsData(table, programOf(io), noun)));
}

async function overview(table: CommandTable, io: Io, isJson: boolean): Promise<number> {
  if (isJson) return await sayCommands(table, io);
  const { formatOverview } = await import("./help/overview.ts");
  return say(io, formatOverview(table, programOf(io)));
}

async function tellVerbs(
  words: readonly string[],
  table: CommandTable,
  io: Io,
): Promise<number> {
  const [first = "", second] = words;
  const isNoun = Object.keys(table).some((name) => name.startsWith(`${first} `));
  if (isNoun && (second === undefined || second.startsWith("-"))) {
    if (hasFlag(words, "--json")) return await sayCommands(table, io, first);
    const { formatVerbs } = await import("./help/overview.ts");
    return say(io, formatVerbs(first, table, programOf(io)));
  }
  const { nearestCommand } = await import("./app/suggest.ts");
  const typed = isNoun ? `${first} ${second}` : first;
  const meant = nearestCommand(first, isNoun ? second : undefined, table);
  const hint = meant === undefined
    ? `see dari ${isNoun ? `${first} ` : ""}--help`
    : `did you mean dari ${meant}?`;
  throw new DariError("usage", `There is no command ${JSON.stringify(typed)}; ${hint}`);
}

function say(io: Io, text: string): number {
  io.print(text);
  return 0;
}
