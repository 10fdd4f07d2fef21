import { DariError } from "../../base/errors.ts";
import { type Command, type CommandTable, defineCommand, type Io } from "../app/command.ts";
import { type Candidate, complete } from "../completion/completion.ts";
import { listed } from "../completion/listed.ts";
import { completionScripts, type Shell } from "../completion/completion_scripts.ts";
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
    "The script completes commands, options, their values, files, the methods of the server that the " +
    "command line names and their params, and the accounts, keys, sessions and certificates of the " +
    "data directory.",
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
    case "file":
    case "directory":
      return [{ word: `:${offer.kind}`, meaning: "" }];
    default:
      return await listed(offer, commands, io);
  }
}

function lineOf({ word, meaning }: Candidate): string {
  return meaning === "" ? word : `${word}\t${meaning}`;
}
