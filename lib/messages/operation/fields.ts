/**
 * What the members of an operation's args are, once for the types and for the check of what another
 * server has sent.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { described } from "../queue/names.ts";

/** Checks a value of an operation's args; says where it was found if it is not what it should be. */
export type Field<T> = (value: unknown, where: string) => T;

/** The fields of an object, by name. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** What a field holds. */
export type Held<F> = F extends Field<infer T> ? T : never;

type Optional<F extends Fields> = {
  [K in keyof F]: undefined extends Held<F[K]> ? K : never;
}[keyof F];

/** The object that some fields describe; those that may be `undefined` may be absent. */
export type ObjectOf<F extends Fields> =
  & { readonly [K in Exclude<keyof F, Optional<F>>]: Held<F[K]> }
  & { readonly [K in Optional<F>]?: Held<F[K]> };

/** A text. */
export const text: Field<string> = (value, where) => {
  if (typeof value === "string") return value;
  throw wrong(where, "a text", value);
};

/** A number that JSON can carry. */
export const number: Field<number> = (value, where) => {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw wrong(where, "a number", value);
};

/** True or false. */
export const flag: Field<boolean> = (value, where) => {
  if (typeof value === "boolean") return value;
  throw wrong(where, "true or false", value);
};

/** One of some texts. */
export function oneOf<const T extends string>(...known: readonly T[]): Field<T> {
  return (value, where) => {
    if (known.includes(value as T)) return value as T;
    throw wrong(where, `one of ${known.join(", ")}`, value);
  };
}

/** A field that may be null. */
export function orNull<T>(field: Field<T>): Field<T | null> {
  return (value, where) => value === null ? null : field(value, where);
}

/** A field that may be absent. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return (value, where) => value === undefined ? undefined : field(value, where);
}

/** A list. */
export function list<T>(field: Field<T>): Field<readonly T[]> {
  return (value, where) => {
    if (!Array.isArray(value)) throw wrong(where, "a list", value);
    for (const [at, each] of value.entries()) field(each, `${where}[${at}]`);
    return value;
  };
}

/** An object with these members and no others. */
export function object<const F extends Fields>(fields: F): Field<ObjectOf<F>> {
  const names = Object.keys(fields);
  return (value, where) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw wrong(where, "an object", value);
    }
    for (const name of names) {
      const member = Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined;
      fields[name]!(member, `${where}.${name}`);
    }
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(fields, name)) throw wrong(`${where}.${name}`, "absent", name);
    }
    return value as ObjectOf<F>;
  };
}

/** A field with a check of its own, which throws. */
export function checked<T>(check: (value: unknown) => T): Field<T> {
  return (value) => {
    check(value);
    return value as T;
  };
}

function wrong(where: string, wanted: string, value: unknown): DariError {
  return new DariError("invalid_params", `${where} must be ${wanted}; got ${described(value)}`);
}
