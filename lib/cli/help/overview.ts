/**
 * The texts of `dari --help` and of a noun alone. They load no command.
 *
 * @module
 */

import type { CommandTable } from "../app/command.ts";
import { asTyped, type Program, serviceCommands, speakerOf } from "../app/program.ts";
import { formatRows, type Row, wrap } from "./layout.ts";

/**
 * The help of dari: its commands, in one line each.
 *
 * @param table All commands.
 * @param program How the program is called.
 * @returns Lines of at most 80 columns.
 */
export function formatOverview(table: CommandTable, program: Program): string {
  const { isService } = program;
  const say = (text: string) => asTyped(text, program, table);
  const rows = new Map<string, string>();
  for (const [name, { summary }] of listed(table, program)) {
    const [noun = "", verb] = name.split(" ");
    const before = rows.get(noun);
    rows.set(
      noun,
      verb === undefined ? say(summary) : before === undefined ? verb : `${before}, ${verb}`,
    );
  }
  const starts: Row[] = isService
    ? [[say("dari serve"), "start the server"], [say("dari discover"), "list its methods"]]
    : [
      [say("dari serve"), "start a server with sample methods"],
      [say("dari call add a=10 b=20"), "call it from another terminal"],
    ];
  return [
    isService
      ? `${speakerOf(program)}: a server, with the accounts, keys and certificates that it needs`
      : "dari: programs that talk to each other safely",
    columnsOf(starts),
    `Commands:\n${columnsOf([...rows])}`,
    wrap(
      `${say("dari help")} COMMAND tells more${
        isService ? `; ${say("dari --help")} tells of the server's options` : ""
      }. ` +
        "--json prints one JSON value; --version prints the version.",
    ).join("\n"),
  ].join("\n\n");
}

/**
 * The commands that a program has: a compiled service has those for servers alone.
 *
 * @param table All commands.
 * @param program How the program is called.
 */
export function listed(table: CommandTable, { isService }: Program) {
  return Object.entries(table).filter(([name]) =>
    !isService || serviceCommands.includes(name.split(" ")[0] ?? "")
  );
}

/**
 * The help of a noun: its verbs, in one line each.
 *
 * @param noun The noun: `cert`.
 * @param table All commands.
 * @param program How the program is called.
 * @returns Lines of at most 80 columns; none where there is no such noun.
 */
export function formatVerbs(noun: string, table: CommandTable, program: Program): string {
  const names = Object.entries(table).filter(([name]) => name.startsWith(`${noun} `));
  const rows = columnsOf(names.map(([name, { summary }]): Row => [name, summary]));
  if (rows === "") return "";
  return `${rows}\n\n${asTyped(`dari help ${noun} VERB`, program, table)} tells more.`;
}

function columnsOf(rows: readonly Row[]): string {
  return formatRows(rows, Math.max(0, ...rows.map(([label]) => label.length))).join("\n");
}
