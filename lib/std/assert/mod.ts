/**
 * The part of `@std/assert` that dari uses, over `node:assert`. Names and signatures are upstream's.
 *
 * @module
 */

import { deepStrictEqual } from "node:assert";

/** What every assertion here throws when it fails. */
export class AssertionError extends Error {
  /** @param message What was expected and what was found. */
  constructor(message: string) {
    super(message);
    this.name = "AssertionError";
  }
}

/** A class, as far as `instanceof` is concerned. */
// deno-lint-ignore no-explicit-any
type AnyConstructor = abstract new (...args: any[]) => any;

function fail(message: string, detail?: string): never {
  throw new AssertionError(detail === undefined ? message : `${message}: ${detail}`);
}

function equal(actual: unknown, expected: unknown): string | undefined {
  try {
    deepStrictEqual(actual, expected);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Asserts that the value is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) fail(msg || "Expected a truthy value");
}

/** Asserts that the value is false. */
export function assertFalse(expr: unknown, msg = ""): void {
  if (expr) fail(msg || "Expected a falsy value");
}

/** Asserts that two values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  const difference = equal(actual, expected);
  if (difference !== undefined) fail(`Values are not equal${msg ? `: ${msg}` : ""}`, difference);
}

/** Asserts that two values are not deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected) === undefined) {
    fail(`Expected values that differ${msg ? `: ${msg}` : ""}`, Deno.inspect(actual));
  }
}

/** Asserts that two values are the same by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (!Object.is(actual, expected)) {
    fail(
      `Values are not the same${msg ? `: ${msg}` : ""}`,
      `${Deno.inspect(actual)} is not ${Deno.inspect(expected)}`,
    );
  }
}

/** Asserts that the value is neither `null` nor `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    fail(`Expected a value, found ${actual}${msg ? `: ${msg}` : ""}`);
  }
}

/** Asserts that the value is an instance of the class. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (!(actual instanceof expectedType)) {
    fail(
      `Expected an instance of ${expectedType.name}, found ${Deno.inspect(actual)}${
        msg ? `: ${msg}` : ""
      }`,
    );
  }
}

/** Asserts that `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) fail(`Expected ${actual} > ${expected}${msg ? `: ${msg}` : ""}`);
}

/** Asserts that `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) fail(`Expected ${actual} < ${expected}${msg ? `: ${msg}` : ""}`);
}

/** Asserts that the text matches the expression. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) {
    fail(`Expected ${Deno.inspect(actual)} to match ${expected}${msg ? `: ${msg}` : ""}`);
  }
}

/** Asserts that the text does not match the expression. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) {
    fail(`Expected ${Deno.inspect(actual)} not to match ${expected}${msg ? `: ${msg}` : ""}`);
  }
}

/** Asserts that the text includes the other. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) {
    fail(
      `Expected ${Deno.inspect(actual)} to include ${Deno.inspect(expected)}${
        msg ? `: ${msg}` : ""
      }`,
    );
  }
}

function isInstance(value: unknown, type: AnyConstructor): boolean {
  return value instanceof type;
}

function checkError(
  error: unknown,
  ErrorClass: AnyConstructor | undefined,
  msgIncludes: string | undefined,
): void {
  if (!(error instanceof Error)) {
    fail("A non-Error object was thrown", Deno.inspect(error));
  }
  if (ErrorClass && !isInstance(error, ErrorClass)) {
    fail(
      `Expected error to be instance of "${ErrorClass.name}", but was "${error.name}"`,
      error.stack,
    );
  }
  if (msgIncludes !== undefined && !error.message.includes(msgIncludes)) {
    fail(`Expected error message to include "${msgIncludes}"`, error.message);
  }
}

/** Asserts that the function throws, and returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Asserts that the function throws an error of the class, and returns it. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  // deno-lint-ignore no-explicit-any
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  // deno-lint-ignore no-explicit-any
  classOrMessage?: (abstract new (...args: any[]) => Error) | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const ErrorClass = typeof classOrMessage === "function" ? classOrMessage : undefined;
  try {
    fn();
  } catch (error) {
    if (ErrorClass) checkError(error, ErrorClass, msgIncludes);
    return error;
  }
  fail("Expected function to throw", typeof classOrMessage === "string" ? classOrMessage : msg);
}

/** Asserts that the promise rejects, and resolves with what it rejected with. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Asserts that the promise rejects with an error of the class, and resolves with it. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  // deno-lint-ignore no-explicit-any
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  // deno-lint-ignore no-explicit-any
  classOrMessage?: (abstract new (...args: any[]) => Error) | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const ErrorClass = typeof classOrMessage === "function" ? classOrMessage : undefined;
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    fail("Function throws when expected to reject", Deno.inspect(error));
  }
  try {
    await promise;
  } catch (error) {
    if (ErrorClass) checkError(error, ErrorClass, msgIncludes);
    return error;
  }
  fail("Expected function to reject", typeof classOrMessage === "string" ? classOrMessage : msg);
}
