/**
 * What the programs of a round write down: a line of JSON each, which outlives the program that is
 * killed behind it.
 *
 * @module
 */

import type { Line } from "../../sim/messages/lines.ts";

/** Writes lines behind each other. */
export class Records {
  readonly #file: Deno.FsFile;

  /** @param directory Where the files of all programs are; this one gets a file of its own. */
  constructor(directory: string) {
    this.#file = Deno.openSync(`${directory}/${Deno.pid}_${Date.now()}.jsonl`, {
      append: true,
      create: true,
    });
  }

  /** Writes a line, before anything else happens. */
  write(line: Line): void {
    this.#file.writeSync(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
  }
}

/**
 * Reads what all programs wrote, each program's lines in their order.
 *
 * @param directory Where the files are.
 */
export async function readLines(directory: string): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const { name } of Deno.readDir(directory)) {
    const text = await Deno.readTextFile(`${directory}/${name}`);
    for (const line of text.split("\n")) if (line !== "") lines.push(JSON.parse(line));
  }
  return lines;
}
