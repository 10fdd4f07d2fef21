/**
 * The errors that a method declares: what its handler throws is checked before the caller is told.
 *
 * @module
 */

import { DeclaredError, type DeclaredErrorOptions } from "../../base/declared_error.ts";
import { DariError, errorTable } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Arrived } from "../../protocol/arrived.ts";
import type { ErrorDescriptor } from "../../protocol/openrpc.ts";
import { jsonSchemaOf } from "./json_schema.ts";
import { listOf, type Schema, type SchemaTypes, type SchemaVerdict } from "./schema.ts";

/** The schemas of the details of a method's errors, by their names. */
export type ErrorSchemas = Readonly<Record<string, Schema>>;

/** The errors of a method that declares none. */
export type NoErrors = Readonly<Record<never, never>>;

/** Makes the errors that a method declares, each by its name; the handler throws what it gets. */
export type ErrorMakers<Errors> = {
  readonly [Name in keyof Errors & string]: (
    details: SchemaTypes<Errors[Name]>["input"],
    options?: DeclaredErrorOptions,
  ) => DeclaredError<Name, SchemaTypes<Errors[Name]>["input"]>;
};

/** The errors that a method declares, as its caller gets them. */
export type DeclaredErrorOf<M> = M extends { readonly types?: infer Types }
  ? NonNullable<Types> extends { readonly errors: infer Errors } ? {
      [Name in keyof Errors & string]: DeclaredError<
        Name,
        Arrived<SchemaTypes<Errors[Name]>["output"]>
      >;
    }[keyof Errors & string]
  : never
  : never;

/** A name that can be an error's. */
const NAME = /^[A-Za-z][\w.-]*$/;

/** The errors that one method declares. */
export class DeclaredErrors {
  /** What the handler finds as `context.errors`. */
  readonly makers: ErrorMakers<ErrorSchemas>;
  readonly #method: string;
  readonly #schemas: ReadonlyMap<string, Schema>;

  /**
   * @param method The method's name.
   * @param schemas The schemas of the errors' details.
   * @throws {TypeError} For a name that cannot be an error's.
   */
  constructor(method: string, schemas: ErrorSchemas) {
    for (const name of Object.keys(schemas)) checkName(method, name);
    this.#method = method;
    this.#schemas = new Map(Object.entries(schemas));
    this.makers = makersOf([...this.#schemas.keys()]);
  }

  /**
   * Checks and converts an error that the handler threw.
   *
   * @param error The error.
   * @returns The error as the caller is told it. One that is not declared, or does not fit its
   * schema, becomes `internal`.
   */
  check(error: DeclaredError): DariError | Promise<DariError> {
    const schema = this.#schemas.get(error.declared);
    if (schema === undefined) return undeclared(this.#method, error);
    const verdict = schema["~standard"].validate(error.details);
    return verdict instanceof Promise
      ? verdict.then((ready) => this.#checked(error, ready))
      : this.#checked(error, verdict);
  }

  /** How `rpc.discover` describes them. */
  describe(): ErrorDescriptor[] {
    return Array.from(this.#schemas, ([name, schema]) => ({
      code: errorTable.declared_error.wire,
      message: name,
      data: jsonSchemaOf(schema, "output") ?? true,
    }));
  }

  #checked(error: DeclaredError, verdict: SchemaVerdict<unknown>): DariError {
    const { declared, message, retryable, retryAfterMs } = error;
    if (verdict.issues) {
      const reason = `The error "${declared}" of "${this.#method}" is not valid: ` +
        listOf(verdict.issues);
      return new DariError("internal", reason, { cause: error });
    }
    const after = retryAfterMs === undefined ? {} : { retryAfterMs };
    return new DeclaredError(declared, verdict.value, { message, retryable, ...after });
  }
}

/**
 * The error of a handler that threw what its method does not declare.
 *
 * @param method The method's name.
 * @param error What was thrown.
 * @returns An `internal` error with the reason.
 */
export function undeclared(method: string, error: DeclaredError): DariError {
  const reason =
    `"${method}" threw the error ${JSON.stringify(error.declared)}, which it does not ` +
    "declare; add it to method({ errors })";
  return new DariError("internal", reason, { cause: error });
}

function makersOf(names: readonly string[]): ErrorMakers<ErrorSchemas> {
  const makers = names.map((name) => [
    name,
    (details: unknown, options?: DeclaredErrorOptions) => new DeclaredError(name, details, options),
  ]);
  return Object.freeze(Object.fromEntries(makers));
}

function checkName(method: string, name: string): void {
  const shown = JSON.stringify(name);
  if (!NAME.test(name) || name.length > limits.maxErrorNameLength) {
    throw new TypeError(
      `"${method}" declares the error ${shown}; a name is a letter and then letters, digits, ` +
        `"_", "." or "-", at most ${limits.maxErrorNameLength}`,
    );
  }
  if (Object.hasOwn(errorTable, name)) {
    throw new TypeError(
      `"${method}" declares the error ${shown}, which dari has itself; rename it`,
    );
  }
}
