import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { parseArguments } from "../app/arguments.ts";
import { type Command, type CommandTable, defineCommand, type Io } from "../app/command.ts";
import { type Candidate, complete } from "../completion/completion.ts";
import { completionScripts, type Shell } from "../completion/completion_scripts.ts";
import { formatDuration } from "../app/duration.ts";
import { renderLine } from "../app/line.ts";
import { flag, operands } from "../app/option.ts";
import { choice, readValue } from "../app/value_type.ts";

const shells = Object.keys(completionScripts) as Shell[];
const shell = choice("SHELL", shells);

/** `dari completions` */
export const command: Command = defineCommand({
  examples: [
    "source <(dari completions bash)",
    "dari completions zsh > ~/.zfunc/_dari",
    "dari completions fish > ~/.config/fish/completions/dari.fish",
  ],
  operands: {
    words: operands(
      { ...shell, expects: "", parse: (text: string) => text },
      "the shell that the script is for",
    ),
  },
  options: { line: flag("print what to offer for the last word behind --; the scripts use it") },
  notes: [
    "The script completes commands, options, their values, files, and the methods of the server " +
    "that the command line names.",
  ],
  async run({ operands: { words }, options }, io, commands) {
    if (options.line) {
      const candidates = await answer(words, commands, io);
      if (options.json) io.print(JSON.stringify(candidates));
      else for (const candidate of candidates) io.print(lineOf(candidate));
      return 0;
    }
    const [name, ...more] = words;
    if (name === undefined || more.length > 0) {
      throw new DariError("usage", "Give one of bash, zsh and fish; see dari completions --help");
    }
    const script = completionScripts[readValue(shell, name, "SHELL")];
    io.print(options.json ? JSON.stringify({ script }) : script);
    return 0;
  },
});

async function answer(
  words: readonly string[],
  commands: CommandTable,
  io: Io,
): Promise<readonly Candidate[]> {
  const offer = await complete(words, commands);
  switch (offer.kind) {
    case "words":
      return offer.candidates;
    case "method": {
      const names = await methodsOf(offer.options, commands, io);
      return names.filter((name) => name.startsWith(offer.prefix))
        .map((word) => ({ word, meaning: "" }));
    }
    case "file":
    case "directory":
      return [{ word: `:${offer.kind}`, meaning: "" }];
    default:
      return offer satisfies never;
  }
}

/** What `dari discover` finds with the options of the command line; nothing where it fails. */
async function methodsOf(
  typed: readonly string[],
  commands: CommandTable,
  io: Io,
): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    const { command } = await commands["discover"]!.load();
    const timeout = formatDuration(limits.completionTimeoutMs);
    const words = [...known(typed, command), "--names", "--timeout", timeout];
    const print: Io["print"] = (line) => names.push(renderLine(line, false));
    const quiet: Io = { ...io, print, warn() {} };
    await command.run(parseArguments(words, command, "discover"), quiet, commands);
  } catch {
    return []; // There is no place for an error while a user types.
  }
  // A server's names are shown on a terminal and put on a command line.
  return names.filter((name) => /^[\w.:-]+$/.test(name));
}

/** The options, with their values, that a command has; its output is not to be JSON. */
function known(typed: readonly string[], { options }: Command): string[] {
  return typed.flatMap((word, at) => {
    const [name = ""] = word.slice(2).split("=");
    if (!word.startsWith("--") || name === "json" || !Object.hasOwn(options, name)) return [];
    const needsValue = options[name]?.type !== undefined && !word.includes("=");
    return needsValue ? [word, typed[at + 1] ?? ""] : [word];
  });
}

function lineOf({ word, meaning }: Candidate): string {
  return meaning === "" ? word : `${word}\t${meaning}`;
}
