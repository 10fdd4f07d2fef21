/**
 * The texts of `dari --help` and of a noun alone. They load no command.
 *
 * @module
 */

import type { CommandTable } from "./command.ts";
import { formatRows, type Row } from "./layout.ts";

/**
 * The help of dari: its commands, in one line each.
 *
 * @param table All commands.
 * @returns Lines of at most 80 columns.
 */
export function formatOverview(table: CommandTable): string {
  const rows = new Map<string, string>();
  for (const [name, { summary }] of Object.entries(table)) {
    const [noun = "", verb] = name.split(" ");
    const before = rows.get(noun);
    rows.set(
      noun,
      verb === undefined ? summary : before === undefined ? verb : `${before}, ${verb}`,
    );
  }
  return `dari: programs that talk to each other safely

  dari serve                          start a server with sample methods
  dari call add a=10 b=20             call it from another terminal

Commands:
${columnsOf([...rows])}

dari COMMAND --help tells more. --json prints one JSON value; --version prints
the version.`;
}

/**
 * The help of a noun: its verbs, in one line each.
 *
 * @param noun The noun: `cert`.
 * @param table All commands.
 * @returns Lines of at most 80 columns; none where there is no such noun.
 */
export function formatVerbs(noun: string, table: CommandTable): string {
  const names = Object.entries(table).filter(([name]) => name.startsWith(`${noun} `));
  return columnsOf(names.map(([name, { summary }]): Row => [name, summary]));
}

function columnsOf(rows: readonly Row[]): string {
  return formatRows(rows, Math.max(0, ...rows.map(([label]) => label.length))).join("\n");
}
