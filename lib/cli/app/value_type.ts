/**
 * The types of values on a command line: how each is read, named in help and completed by a shell.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { parseListenPlace } from "../../transport/scheme/listen_place.ts";
import { parseAddress } from "../../transport/scheme/parse.ts";
import { parseDuration } from "./duration.ts";

/**
 * What only a command can list: the methods of the server that the command line names and their
 * params, its queues and topics, and the accounts, API keys, sessions and certificates of the data directory.
 */
export type Listed =
  | "method"
  | "param"
  | "queue"
  | "topic"
  | "account"
  | "key"
  | "session"
  | "certificate";

/**
 * How a shell completes a value: not at all, by the names of files or directories, by what a command
 * lists, or from a fixed list.
 */
export type Completion = "nothing" | "file" | "directory" | Listed | readonly string[];

/** A type of value. */
export interface ValueType<T> {
  /** What stands for a value in help: `FILE`. */
  readonly placeholder: string;
  /** What is expected, for errors: `a whole number from 1`. */
  readonly expects: string;
  /** How a shell completes it. */
  readonly completes: Completion;
  /**
   * Reads a value.
   *
   * @param text What was typed; never empty for an option.
   * @returns The value, or `undefined` where the text is none.
   * @throws {DariError} `usage` where the type can say better what is wrong.
   */
  parse(text: string): T | undefined;
}

/**
 * Any text.
 *
 * @param placeholder What stands for it in help.
 */
export function text(placeholder: string): ValueType<string> {
  return { placeholder, expects: "a text", completes: "nothing", parse: (text) => text };
}

/**
 * The path of a file. It is judged when it is opened.
 *
 * @param placeholder What stands for it in help.
 */
export function file(placeholder = "FILE"): ValueType<string> {
  return { ...text(placeholder), expects: "a file", completes: "file" };
}

/** The path of a directory. */
export const directory: ValueType<string> = {
  ...text("DIR"),
  expects: "a directory",
  completes: "directory",
};

/** The name of a method of a server. */
export const methodName: ValueType<string> = {
  ...text("METHOD"),
  expects: "a method",
  completes: "method",
};

/** A param of the method that stands before it. */
export const param: ValueType<string> = {
  ...text("NAME=VALUE"),
  expects: "a param",
  completes: "param",
};

/**
 * The name of an account.
 *
 * @param placeholder What stands for it in help.
 */
export function accountName(placeholder = "NAME"): ValueType<string> {
  return { ...text(placeholder), expects: "an account", completes: "account" };
}

/** The ID of an API key. */
export const keyId: ValueType<string> = { ...text("ID"), expects: "an API key", completes: "key" };

/** The ID of a session. */
export const sessionId: ValueType<string> = {
  ...text("ID"),
  expects: "a session",
  completes: "session",
};

/** A certificate's file or its serial number. */
export const certificate: ValueType<string> = {
  ...text("FILE|SERIAL"),
  expects: "a certificate",
  completes: "certificate",
};

/** The address of a server, as it was typed. */
export const address: ValueType<string> = {
  ...text("ADDRESS"),
  expects: "an address",
  parse(text) {
    parseAddress(text);
    return text;
  },
};

/** Where a server is to listen, as it was typed. */
export const listenPlace: ValueType<string> = {
  ...text("ADDRESS"),
  expects: "an address",
  parse(text) {
    parseListenPlace(text);
    return text;
  },
};

/** A time such as `90s`, in milliseconds. */
export const duration: ValueType<number> = {
  placeholder: "TIME",
  expects: "a time such as 500ms, 90s, 15m, 24h or 90d",
  completes: "nothing",
  parse: parseDuration,
};

/**
 * A whole number.
 *
 * @param minimum The smallest that is taken.
 */
export function wholeNumber(minimum: number): ValueType<number> {
  return {
    placeholder: "N",
    expects: `a whole number from ${minimum}`,
    completes: "nothing",
    parse(text) {
      const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
      return number >= minimum ? number : undefined;
    },
  };
}

/**
 * One of a fixed list.
 *
 * @param placeholder What stands for it in help.
 * @param choices The list.
 */
export function choice<const T extends string>(
  placeholder: string,
  choices: readonly T[],
): ValueType<T> {
  const list = listOf(choices);
  return {
    placeholder,
    expects: choices.length > 2 ? `one of ${list}` : list,
    completes: choices,
    parse: (text) => choices.find((choice) => choice === text),
  };
}

/**
 * Words in a sentence.
 *
 * @param words The words.
 * @param conjunction What stands before the last.
 * @returns For instance `a, b or c`.
 */
export function listOf(words: readonly string[], conjunction = "or"): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} ${conjunction} ${last}`;
}

/**
 * Reads a value.
 *
 * @param type Its type.
 * @param text What was typed.
 * @param label The option or operand, for the message.
 * @returns The value.
 * @throws {DariError} `usage` where the text is no such value.
 */
export function readValue<T>(type: ValueType<T>, text: string, label: string): T {
  let value: T | undefined;
  try {
    value = type.parse(text);
  } catch (cause) {
    if (!(cause instanceof DariError) || cause.code !== "usage") throw cause;
    throw new DariError("usage", `${label}: ${cause.message}`, { cause });
  }
  if (value !== undefined) return value;
  throw new DariError("usage", `${label} takes ${type.expects}, not ${JSON.stringify(text)}`);
}
