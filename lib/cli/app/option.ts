/**
 * The option table of a command: from one declaration of an option or an operand come its parsing,
 * its help and its completion.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { readValue, type ValueType } from "./value_type.ts";

/** An option, and the type of what it gives to the command. */
export interface Option<T> {
  /** What it means, in a few words. */
  readonly help: string;
  /** The type of its value; a flag has none. */
  readonly type: ValueType<unknown> | undefined;
  /** Whether it may be given several times. */
  readonly isRepeatable: boolean;
  /** Whether it must be given. */
  readonly isRequired: boolean;
  /** Its value where it is not given, as it would be typed. */
  readonly defaultText: string | undefined;
  /** One letter that stands for it: `o` for `-o`. */
  readonly letter: string | undefined;
  /**
   * Reads it.
   *
   * @param texts Each value that was typed; empty where the option was not given.
   * @param label The option, for errors.
   * @throws {DariError} `usage` where a text is no value of its type.
   */
  read(texts: readonly string[], label: string): T;
}

/** An operand: a word of the command line that is no option (POSIX, Utility Conventions). */
export interface Operand<T> {
  /** What it means, in a few words. */
  readonly help: string;
  /** Its type. */
  readonly type: ValueType<unknown>;
  /** Whether it takes all words that are left. */
  readonly isRepeatable: boolean;
  /** Whether it must be given. */
  readonly isRequired: boolean;
  /**
   * Reads it.
   *
   * @param texts Its words.
   * @throws {DariError} `usage` where a text is no value of its type.
   */
  read(texts: readonly string[]): T;
}

/** The options of a command by name, without dashes. */
export type Options = Readonly<Record<string, Option<unknown>>>;

/** The operands of a command, in order; the names are for the command alone. */
export type Operands = Readonly<Record<string, Operand<unknown>>>;

/** What a command gets for its options or operands. */
export type ValuesOf<D extends Readonly<Record<string, { read(...given: never[]): unknown }>>> = {
  readonly [K in keyof D]: ReturnType<D[K]["read"]>;
};

/** What an option may have beside its type and help. */
export interface OptionSettings {
  /** Its value where it is not given, as it would be typed. */
  readonly default?: string;
  /** One letter that stands for it. */
  readonly letter?: string;
}

const plain = {
  type: undefined,
  isRepeatable: false,
  isRequired: false,
  defaultText: undefined,
  letter: undefined,
};

/**
 * An option without a value.
 *
 * @param help What it means.
 * @param letter The letter that stands for it.
 */
export function flag(help: string, letter?: string): Option<boolean> {
  return { ...plain, help, letter, read: (texts) => texts.length > 0 };
}

/**
 * An option with a value.
 *
 * @param type The type of its value.
 * @param help What it means.
 * @param settings Its default, and the letter that stands for it.
 */
export function option<T>(
  type: ValueType<T>,
  help: string,
  settings: OptionSettings & { readonly default: string },
): Option<T>;
export function option<T>(
  type: ValueType<T>,
  help: string,
  settings?: OptionSettings,
): Option<T | undefined>;
export function option<T>(
  type: ValueType<T>,
  help: string,
  { default: defaultText, letter }: OptionSettings = {},
): Option<T | undefined> {
  return {
    ...plain,
    type,
    help,
    defaultText,
    letter,
    read(texts, label) {
      const text = texts.at(-1) ?? defaultText;
      return text === undefined ? undefined : readValue(type, text, label);
    },
  };
}

/**
 * An option that must be given.
 *
 * @param type The type of its value.
 * @param help What it means.
 */
export function requiredOption<T>(type: ValueType<T>, help: string): Option<T> {
  return {
    ...plain,
    type,
    help,
    isRequired: true,
    read: (texts, label) => readValue(type, texts.at(-1) ?? "", label),
  };
}

/**
 * An option that may be given several times.
 *
 * @param type The type of its values.
 * @param help What it means.
 * @param settings Its default.
 */
export function repeatedOption<T>(
  type: ValueType<T>,
  help: string,
  { default: defaultText }: Pick<OptionSettings, "default"> = {},
): Option<readonly T[]> {
  return {
    ...plain,
    type,
    help,
    isRepeatable: true,
    defaultText,
    read(texts, label) {
      const given = texts.length > 0 || defaultText === undefined ? texts : [defaultText];
      return given.map((text) => readValue(type, text, label));
    },
  };
}

/**
 * An operand that must be given.
 *
 * @param type Its type.
 * @param help What it means.
 */
export function operand<T>(type: ValueType<T>, help: string): Operand<T> {
  const read = ([text = ""]: readonly string[]) => readValue(type, text, type.placeholder);
  return { type, help, isRepeatable: false, isRequired: true, read };
}

/**
 * An operand that may be left out.
 *
 * @param type Its type.
 * @param help What it means.
 */
export function optionalOperand<T>(type: ValueType<T>, help: string): Operand<T | undefined> {
  return {
    type,
    help,
    isRepeatable: false,
    isRequired: false,
    read: ([text]) => text === undefined ? undefined : readValue(type, text, type.placeholder),
  };
}

/**
 * The last operand, which takes all words that are left.
 *
 * @param type The type of each.
 * @param help What they mean.
 * @param settings Whether there must be one at least.
 */
export function operands<T>(
  type: ValueType<T>,
  help: string,
  { isRequired = false }: { readonly isRequired?: boolean } = {},
): Operand<readonly T[]> {
  const read = (texts: readonly string[]) =>
    texts.map((text) => readValue(type, text, type.placeholder));
  return { type, help, isRepeatable: true, isRequired, read };
}

/** The options that every command takes. */
export const commonOptions = {
  json: flag("print one JSON value"),
  help: flag("show this text", "h"),
} satisfies Options;

/**
 * An option as help and errors show it.
 *
 * @param name Its name.
 * @param options The table that it is in.
 * @returns For instance `--to ADDRESS`.
 */
export function labelOf(name: string, options: Options): string {
  const type = options[name]?.type;
  return type === undefined ? `--${name}` : `--${name} ${type.placeholder}`;
}

/**
 * Refuses options that exclude each other.
 *
 * @param given Each option's name and whether it was given.
 * @throws {DariError} `usage` where more than one was.
 */
export function refuseTogether(given: Readonly<Record<string, boolean>>): void {
  const names = Object.keys(given).filter((name) => given[name]);
  if (names.length < 2) return;
  throw new DariError("usage", `${names.join(" and ")} exclude each other; give one of them`);
}
