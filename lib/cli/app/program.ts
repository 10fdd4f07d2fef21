/**
 * How this program is called where it runs: `dari`, `deno task dari`, `npx dari`, or `./my_service`
 * where a service was compiled. Hints name what can be typed here.
 *
 * @module
 */

import type { CommandTable, Io } from "./command.ts";

/** How this program is called. */
export interface Program {
  /** What is typed to start it. */
  readonly name: string;
  /** Whether it is a compiled service: it serves without being told to. */
  readonly isService: boolean;
}

/**
 * The commands of a compiled service beside `serve`: for its callers, accounts, keys and
 * certificates.
 */
export const serviceCommands: readonly string[] = [
  "call",
  "discover",
  "mcp",
  "trust",
  "invite",
  "accept",
  "use",
  "login",
  "logout",
  "user",
  "factor",
  "session",
  "key",
  "explain",
  "cert",
];

/**
 * Reads how this program was started; launchers and tasks say it in environment variables.
 *
 * @param io Gives the environment.
 * @returns The program.
 */
export function programOf({ env }: Pick<Io, "env">): Program {
  return { name: env("DARI_NAME") || "dari", isService: env("DARI_SERVICE") === "1" };
}

/**
 * Writes the command lines in a text as they are typed here.
 *
 * @param text A text with command lines such as `dari user add`.
 * @param program How the program is called.
 * @param table All commands; what follows `dari` in a command line is one of them.
 * @returns The text.
 *
 * @example
 * ```ts
 * import { asTyped } from "./program.ts";
 * import { commands } from "../table.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const program = { name: "npx dari", isService: false };
 * assertEquals(asTyped("see dari user list", program, commands), "see npx dari user list");
 * ```
 */
export function asTyped(text: string, program: Program, table: CommandTable): string {
  if (program.name === "dari" && !program.isService) return text;
  const verbs = new Set(Object.keys(table).map((name) => name.split(" ")[0]));
  const words = [...verbs, "help", "COMMAND", "--help"].join("|");
  const typed = new RegExp(`(?<![\\w./@-])dari (?=(?:${words})(?![\\w-]))`, "g");
  const named = text.replace(typed, () => `${program.name} `);
  // It serves without being told to.
  return program.isService ? named.replaceAll(`${program.name} serve`, program.name) : named;
}

/**
 * How a message of this program begins.
 *
 * @param program How the program is called.
 * @returns `dari`, or the service's name without folders.
 */
export function speakerOf({ name, isService }: Program): string {
  return isService ? name.slice(name.lastIndexOf("/") + 1) : "dari";
}
