/**
 * What commands list for the word under the cursor: methods and their params, queues, topics, accounts, API
 * keys, sessions, certificates.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { parseArguments } from "../app/arguments.ts";
import type { Command, CommandTable, Io } from "../app/command.ts";
import { formatDuration } from "../app/duration.ts";
import { renderLine } from "../app/line.ts";
import type { Listed } from "../app/value_type.ts";
import { type DataChoice, dataDirectoryOf } from "../workspace/data_directory.ts";
import type { Candidate, ListedOffer } from "./completion.ts";

/** The command that lists, and what each element of its list offers. */
interface Source {
  readonly command: string;
  /** Gives the elements of the JSON value that the command prints. */
  elements(value: unknown, offer: ListedOffer): readonly unknown[];
  /** Gives what one of them offers. */
  candidate(element: Record<string, unknown>): Candidate;
}

const whole = (value: unknown): readonly unknown[] => value as readonly unknown[];

const sources: Readonly<Record<Listed, Source>> = {
  method: {
    command: "discover",
    elements: methodsOf,
    candidate: ({ name, summary }) => offerOf(name, summary),
  },
  param: {
    command: "discover",
    elements: paramsOf,
    candidate: ({ name, schema }) => offerOf(`${name}=`, Object(schema).type),
  },
  queue: {
    command: "queue list",
    elements: whole,
    candidate: ({ name, waiting }) => offerOf(name, `${waiting} wait`),
  },
  topic: {
    command: "topic list",
    elements: whole,
    candidate: ({ name, messages }) => offerOf(name, `${messages} are kept`),
  },
  account: {
    command: "user list",
    elements: whole,
    candidate: ({ name, roles }) => offerOf(name, whole(roles).join(", ")),
  },
  key: {
    command: "key list",
    elements: whole,
    candidate: ({ id, account, name }) => offerOf(id, `${account}: ${name}`),
  },
  session: {
    command: "session list",
    elements: whole,
    candidate: ({ id, account, agent }) => offerOf(id, `${account}: ${agent}`),
  },
  certificate: {
    command: "cert list",
    elements: whole,
    candidate: ({ serial, state, subject }) => offerOf(serial, `${state}: ${subject}`),
  },
};

/**
 * Lists what may be offered.
 *
 * @param offer What is asked for.
 * @param commands All commands.
 * @param io The environment.
 * @returns The words; none where the command that lists them fails.
 */
export async function listed(
  offer: ListedOffer,
  commands: CommandTable,
  io: Io,
): Promise<readonly Candidate[]> {
  const { command, elements, candidate } = sources[offer.kind];
  let candidates: readonly Candidate[] = [];
  try {
    const value = await valueOf(command, offer.options, commands, io);
    candidates = elements(value, offer).map((each) => candidate(Object(each)));
  } catch {
    // There is no place for an error while a user types.
  }
  // A server's names are shown on a terminal and put on a command line.
  const found = candidates
    .filter(({ word }) => /^[\w.:@-]+=?$/.test(word) && word.startsWith(offer.prefix));
  // A certificate is named by its file as well.
  return found.length === 0 && offer.kind === "certificate" ? [offerOf(":file", "")] : found;
}

function offerOf(word: unknown, meaning: unknown): Candidate {
  return { word: String(word), meaning: typeof meaning === "string" ? meaning : "" };
}

function methodsOf(document: unknown): readonly unknown[] {
  return whole(Object(document).methods);
}

/** The params of the method that stands first, without those that were typed. */
function paramsOf(document: unknown, { operands }: ListedOffer): readonly unknown[] {
  const [method, ...typed] = operands;
  const found = methodsOf(document).find((each) => Object(each).name === method);
  const names = new Set(typed.map((word) => word.split("=")[0]));
  return whole(Object(found).params).filter((each) => !names.has(Object(each).name));
}

/** The JSON value that a command prints, with the options of the command line that it knows. */
async function valueOf(
  name: string,
  typed: readonly string[],
  commands: CommandTable,
  io: Io,
): Promise<unknown> {
  const { command } = await commands[name]!.load();
  const timeout = Object.hasOwn(command.options, "timeout")
    ? ["--timeout", formatDuration(limits.completionTimeoutMs)]
    : [];
  const words = [...known(typed, command), "--json", ...timeout];
  const args = parseArguments(words, command, name);
  // A list of accounts would make the store that it reads.
  if (name !== "discover") {
    await Deno.stat(dataDirectoryOf(args.options as unknown as DataChoice, io));
  }
  const printed: string[] = [];
  const print: Io["print"] = (line) => printed.push(renderLine(line, false));
  const quiet: Io = { ...io, print, warn() {} };
  await command.run(args, quiet, commands);
  return JSON.parse(printed.join("\n"));
}

/** The options, with their values, that a command has; others do not change what it lists. */
function known(typed: readonly string[], { options }: Command): string[] {
  return typed.flatMap((word, at) => {
    const [name = ""] = word.slice(2).split("=");
    const isOption = word.startsWith("--") && Object.hasOwn(options, name);
    if (!isOption || !where.has(name)) return [];
    const needsValue = options[name]?.type !== undefined && !word.includes("=");
    return needsValue ? [word, typed[at + 1] ?? ""] : [word];
  });
}

/** The options that say where, and as whom. */
const where: ReadonlySet<string> = new Set([
  "to",
  "data",
  "ca",
  "ca-only",
  "cert",
  "key",
  "api-key-file",
  "insecure",
]);
