/**
 * The part of `@std/cli/parse-args` that dari uses, with upstream's behaviour. `node:util`'s parser
 * is no base for it: there a missing value swallows the next option. The types are wider than
 * upstream's, which infers a member for each option: a program that compiles here compiles there.
 *
 * @module
 */

/** The options of {@linkcode parseArgs}, as upstream names them. */
export interface ParseOptions {
  /** Options that take a value; `_` keeps words that look like numbers as they are. */
  string?: string | readonly string[] | undefined;
  /** Options that take none, absent ones are `false`; `true` for every option without a value. */
  boolean?: boolean | string | readonly string[] | undefined;
  /** Options that may be given several times; absent ones of `string` or `boolean` are `[]`. */
  collect?: string | readonly string[] | undefined;
  /** Options that `--no-NAME` sets to `false`. */
  negatable?: string | readonly string[] | undefined;
  /** Other names of options: a value for one is a value for all. */
  alias?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Values of options that are absent. */
  default?: Readonly<Record<string, unknown>> | undefined;
  /** Take everything behind the first word for words. */
  stopEarly?: boolean | undefined;
  /**
   * Called for a word, and with `key` and `value` for an option that no list names; `false` leaves
   * it out of the result.
   */
  unknown?: ((arg: string, key?: string, value?: unknown) => unknown) | undefined;
  /** Put what follows `--` into the member of that name instead of `_`. */
  "--"?: boolean | undefined;
}

/** The words that are no options in `_`, and a member for each option. */
export interface Args {
  /** The words that are no options. */
  _: (string | number)[];
  /** The words behind `--`, where that was asked for. */
  "--"?: string[];
  /** The options by name. */
  [name: string]: unknown;
}

type Members = Record<string, unknown>;

const FLAG = /^-(?:(?<double>-)(?<negated>no-)?)?(?<key>.+?)(?:=(?<value>.*))?$/s;

/** Which options there are, each list with the other names of its members. */
class Declared {
  readonly booleans: ReadonlySet<string>;
  readonly strings: ReadonlySet<string>;
  readonly collected: ReadonlySet<string>;
  readonly negatable: ReadonlySet<string>;
  readonly allBooleans: boolean;
  readonly #aliases = new Map<string, ReadonlySet<string>>();

  constructor({ alias = {}, boolean, string, collect, negatable }: ParseOptions) {
    for (const [name, others] of Object.entries(alias)) {
      const names = [name, ...[others].flat()];
      for (const one of names) this.#aliases.set(one, new Set(names.filter((it) => it !== one)));
    }
    this.allBooleans = boolean === true;
    this.booleans = this.#withAliases(typeof boolean === "boolean" ? undefined : boolean);
    this.strings = this.#withAliases(string);
    this.collected = this.#withAliases(collect);
    this.negatable = this.#withAliases(negatable);
  }

  /** The other names of an option. */
  aliasesOf(name: string): ReadonlySet<string> {
    return this.#aliases.get(name) ?? new Set();
  }

  /** Whether an option takes no value. */
  isBoolean(name: string): boolean {
    return this.booleans.has(name);
  }

  /** Whether any list names an option. */
  has(name: string, arg: string): boolean {
    return this.booleans.has(name) || this.strings.has(name) || this.#aliases.has(name) ||
      this.collected.has(name) || (this.allBooleans && /^--[^=]+$/.test(arg));
  }

  #withAliases(names: string | readonly string[] = []): Set<string> {
    const given = [names].flat().filter((name) => name !== "");
    return new Set(given.flatMap((name) => [name, ...this.aliasesOf(name)]));
  }
}

/**
 * Splits a command line into options and words. A word after `--name` is its value unless the
 * option is a boolean or the word begins with `-`; numeric values become numbers unless `string`
 * names the option; `--a.b=1` makes a member `b` of a member `a`.
 *
 * @param args The words of the command line.
 * @param options Which options there are.
 * @returns The options by name and the rest in `_`.
 */
export function parseArgs(args: readonly string[], options: ParseOptions = {}): Args {
  const declared = new Declared(options);
  const { unknown, stopEarly = false } = options;
  const result: Args = { _: [] };

  const set = (arg: string, name: string, given: string | boolean, collects = true): void => {
    if (!declared.has(name, arg) && unknown?.(arg, name, given) === false) return;
    const value = declared.strings.has(name) ? given : withNumber(given);
    const collect = collects && declared.collected.has(name);
    for (const one of [name, ...declared.aliasesOf(name)]) {
      setMember(result, one.split("."), value, collect);
    }
  };

  const end = args.indexOf("--");
  const before = end < 0 ? args : args.slice(0, end);
  for (let at = 0; at < before.length; at++) {
    const arg = before[at] ?? "";
    const flag = FLAG.exec(arg)?.groups;
    if (flag !== undefined) {
      const next = before[at + 1];
      const took = flag.double
        ? setLong(arg, flag, next, declared, set)
        : setLetters(arg, next, declared, set);
      if (took) at++;
      continue;
    }
    if (unknown?.(arg) !== false) {
      result._.push(declared.strings.has("_") ? arg : withNumber(arg));
    }
    if (stopEarly) {
      result._.push(...before.slice(at + 1));
      break;
    }
  }

  setAbsent(result, declared, options.default ?? {});
  const after = end < 0 ? [] : args.slice(end + 1);
  if (options["--"]) result["--"] = after;
  else result._.push(...after);
  return result;
}

type Set_ = (arg: string, name: string, value: string | boolean, collects?: boolean) => void;

/** Sets the option of `--name`; says whether the next word was its value. */
function setLong(
  arg: string,
  { key = "", value, negated }: Record<string, string | undefined>,
  next: string | undefined,
  declared: Declared,
  set: Set_,
): boolean {
  if (value !== undefined) {
    set(arg, key, declared.booleans.has(key) ? value !== "false" : value);
    return false;
  }
  if (negated && declared.negatable.has(key)) {
    set(arg, key, false, false);
    return false;
  }
  const name = negated ? `no-${key}` : key;
  if (next && !declared.isBoolean(name) && !declared.allBooleans && !next.startsWith("-")) {
    set(arg, name, next);
    return true;
  }
  return setLast(arg, name, next, declared, set);
}

/** Sets the options of `-abc`; says whether the next word was the value of the last one. */
function setLetters(
  arg: string,
  next: string | undefined,
  declared: Declared,
  set: Set_,
): boolean {
  const letters = [...arg.slice(1, -1)];
  for (const [index, letter] of letters.entries()) {
    const rest = arg.slice(index + 2);
    if (rest === "-") {
      set(arg, letter, rest);
      continue;
    }
    const value = valueOf(letter, rest, letters[index + 1]);
    if (value !== undefined) {
      set(arg, letter, value);
      return false;
    }
    set(arg, letter, declared.strings.has(letter) ? "" : true);
  }
  const last = arg.slice(-1);
  if (last === "-") return false;
  if (next && !/^--?[^-]/.test(next) && !declared.isBoolean(last)) {
    set(arg, last, next);
    return true;
  }
  return setLast(arg, last, next, declared, set);
}

/** The value that follows a letter in its own word; `undefined` where it has none. */
function valueOf(letter: string, rest: string, nextLetter: string | undefined): string | undefined {
  if (rest === "=") return "";
  if (/[A-Za-z]/.test(letter)) {
    const value = /=(?<value>.+)/.exec(rest)?.groups?.value;
    if (value !== undefined) return value;
    if (/-?\d+(\.\d*)?(e-?\d+)?$/.test(rest)) return rest;
  }
  return nextLetter !== undefined && /\W/.test(nextLetter) ? rest : undefined;
}

/** Sets an option that takes no word but `true` or `false`; says whether it took that. */
function setLast(
  arg: string,
  name: string,
  next: string | undefined,
  declared: Declared,
  set: Set_,
): boolean {
  if (next === "true" || next === "false") {
    set(arg, name, next === "true");
    return true;
  }
  set(arg, name, declared.strings.has(name) ? "" : true);
  return false;
}

/** Gives absent options their values. */
function setAbsent(result: Args, declared: Declared, defaults: Members): void {
  for (const [name, value] of Object.entries(defaults)) {
    if (hasMember(result, name.split("."))) continue;
    for (const one of [name, ...declared.aliasesOf(name)]) {
      setMember(result, one.split("."), value, false);
    }
  }
  for (const name of declared.booleans) {
    if (hasMember(result, name.split("."))) continue;
    setMember(result, name.split("."), declared.collected.has(name) ? [] : false, false);
  }
  for (const name of declared.strings) {
    if (hasMember(result, name.split(".")) || !declared.collected.has(name)) continue;
    setMember(result, name.split("."), [], false);
  }
}

function setMember(members: Members, path: readonly string[], value: unknown, collect: boolean) {
  for (const name of path.slice(0, -1)) {
    if (reachesPrototype(members, name)) return;
    members = (members[name] ??= {}) as Members;
  }
  const name = path.at(-1) ?? "";
  if (reachesPrototype(members, name)) return;
  const before = members[name];
  if (!collect) members[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else members[name] = before ? [before, value] : [value];
}

function hasMember(members: Members, path: readonly string[]): boolean {
  for (const name of path) {
    if (!Object.hasOwn(members, name)) return false;
    members = members[name] as Members;
  }
  return true;
}

function reachesPrototype(members: Members, name: string): boolean {
  return name === "__proto__" || (name === "constructor" && typeof members[name] === "function");
}

function withNumber<T>(value: T): T | number {
  if (typeof value !== "string" || !/\S/.test(value)) return value;
  const number = Number(value);
  return Number.isFinite(number) ? number : value;
}
