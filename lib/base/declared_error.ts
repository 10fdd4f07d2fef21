/**
 * The errors that methods declare: a name and typed details instead of one of dari's codes.
 *
 * @module
 */

import { type DariErrorOptions, RpcError } from "./errors.ts";

/** What a {@linkcode DeclaredError} takes beside its name and details. */
export interface DeclaredErrorOptions extends DariErrorOptions {
  /** For people; it crosses the wire. @default {The call failed: NAME} */
  message?: string | undefined;
}

/**
 * An error that a method declares in `method({ errors })`. Its handler throws it, and its caller gets
 * it with the same name and details; the code is `declared_error`. One that the method does not
 * declare, or whose details do not fit its schema, arrives as "Internal error".
 *
 * @example
 * ```ts
 * import { DeclaredError } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new DeclaredError("out_of_stock", { left: 2 }, { retryAfterMs: 60_000 });
 * assertEquals(error.declared, "out_of_stock");
 * assertEquals(error.details.left, 2);
 * ```
 */
export class DeclaredError<Name extends string = string, Details = unknown> extends RpcError {
  /** The name under which the method declares it. */
  readonly declared: Name;
  /** What the method tells about it. */
  readonly details: Details;

  /**
   * Makes an error.
   *
   * @param declared The name under which the method declares it.
   * @param details What its schema asks for.
   * @param options Message, cause and retry advice.
   */
  constructor(declared: Name, details: Details, options: DeclaredErrorOptions = {}) {
    const { message = `The call failed: ${declared}`, ...rest } = options;
    super("declared_error", message, {
      ...rest,
      data: { name: declared, declared: true, details },
    });
    this.declared = declared;
    this.details = details;
  }
}

/** The error of one name among those that `E` may be; without types, one with unknown details. */
export type NamedError<E, Name extends string> = [Extract<E, { declared: Name }>] extends [never]
  ? DeclaredError<Name>
  : Extract<E, { declared: Name }>;

/**
 * Whether an error is one that the method declares.
 *
 * @param error Anything that was thrown.
 * @param name The name of the error; any, where it is left out.
 * @returns Whether it is; the details are typed where the type of `error` tells them.
 *
 * @example
 * ```ts
 * import { DeclaredError, isDeclaredError } from "@dari/dari";
 * import { assert } from "@std/assert";
 *
 * const error: unknown = new DeclaredError("out_of_stock", { left: 2 });
 * assert(isDeclaredError(error, "out_of_stock"));
 * assert(!isDeclaredError(error, "payment_refused"));
 * ```
 */
export function isDeclaredError<E, Name extends string>(
  error: E,
  name?: Name,
): error is E & NamedError<E, Name> {
  return error instanceof DeclaredError && (name === undefined || error.declared === name);
}

/**
 * Reads a declared error from the data of an error.
 *
 * @param message The error's message.
 * @param data Its data, as it came.
 * @param options Retry advice.
 * @returns The error; `undefined` where the data is not that of a declared error.
 */
export function declaredErrorOf(
  message: string,
  data: unknown,
  options: DariErrorOptions,
): DeclaredError | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { name, declared, details } = data as Record<string, unknown>;
  if (typeof name !== "string" || declared !== true) return undefined;
  return new DeclaredError(name, details, { ...options, message });
}
