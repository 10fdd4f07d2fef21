/** A fenced block of a page of documentation. */
export interface Block {
  /** The language, the first word behind the fence: `ts`, `console`. */
  readonly language: string;
  /** The other words behind the fence: `server`, `policy.json`. */
  readonly words: readonly string[];
  /** The line of the page on which the block begins, from 1. */
  readonly line: number;
  /** What is between the fences. */
  readonly text: string;
}

/** A command of a console block, and what the page says that it prints. */
export interface Step {
  /** The name in front of the prompt: the machine on which it is typed; "" for the only one. */
  readonly machine: string;
  readonly command: string;
  readonly expected: readonly string[];
}

/** The blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  for (const match of page.matchAll(/^( *)```(\S+)(.*)\n([^]*?)^\1```$/gm)) {
    const [, indent = "", language = "", rest = "", body = ""] = match;
    const text = body.split("\n").map((line) => line.slice(indent.length)).join("\n");
    const line = page.slice(0, match.index).split("\n").length;
    blocks.push({ language, words: rest.trim().split(/\s+/).filter(Boolean), line, text });
  }
  return blocks;
}

/** The file that a block is to be saved as: named behind the fence, or by the comment on top. */
export function fileOf({ words, text }: Block): string | undefined {
  const named = words.find((word) => /^[\w./-]+\.\w+$/.test(word));
  return named ?? /^(?:\/\/|#) ([\w./-]+\.\w+)\n/.exec(text)?.[1];
}

/** The commands of a console block. A backslash at the end of a line continues the command. */
export function stepsOf({ text }: Block): Step[] {
  const steps: { machine: string; command: string; expected: string[] }[] = [];
  let isContinued = false;
  for (const line of text.trimEnd().split("\n")) {
    const last = steps.at(-1);
    const [, machine = "", command = ""] = /^(\w*)\$ (.*)$/.exec(line) ?? [];
    if (isContinued && last !== undefined) last.command += `\n${line}`;
    else if (command !== "") steps.push({ machine, command, expected: [] });
    else if (last === undefined) throw new Error(`A console block begins with "$ ", not ${line}`);
    else {
      last.expected.push(line);
      continue;
    }
    isContinued = line.endsWith("\\");
  }
  return steps;
}

/** What a program prints, as the comments behind `console.log(…)` and `print(…)` say. */
export function printedBy(text: string): string[] {
  const prints = /(?:console\.log\(.*\); \/\/|\bprint\(.*\) {2}#) (.*)$/gm;
  return [...text.matchAll(prints)].map(([, shown = ""]) => shown);
}

/**
 * What a page shows as the output of a command. A line `…` stands for any lines, `…` in a line for
 * any text; a word that ends with `…` stands for one whole word, which later commands can name.
 */
export class ExpectedOutput {
  readonly #pattern: RegExp;
  readonly #names: string[] = [];

  /** @param isPrefix Whether more may follow. */
  constructor(lines: readonly string[], isPrefix = false) {
    const parts = lines.map((line) => {
      if (line.trim() === "…") return "(?:.*\\n)*?";
      const words = line.split(/([^\s…]*[\w#]…|…)/).map((part) => this.#patternOf(part));
      return `${words.join("")}\\n`;
    });
    this.#pattern = new RegExp(`^${parts.join("")}${isPrefix ? "" : "$"}`);
  }

  /** The words that stand for longer ones; `undefined` where the output is another one. */
  match(output: string): Map<string, string> | undefined {
    const found = this.#pattern.exec(
      output === "" || output.endsWith("\n") ? output : `${output}\n`,
    );
    if (found === null) return undefined;
    return new Map(this.#names.map((name, index) => [name, found[index + 1] ?? ""]));
  }

  #patternOf(part: string): string {
    if (!part.endsWith("…")) return escape(part);
    if (part === "…") return ".*";
    this.#names.push(part);
    return `(${escape(part.slice(0, -1)).replace(/[\da-f]+$/, "")}\\S*)`;
  }
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
