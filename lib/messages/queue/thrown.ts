/**
 * What handlers throw. That may be anything, also what fails when it is looked at.
 *
 * @module
 */

/**
 * Says what was thrown.
 *
 * @param thrown What was thrown.
 * @returns The name and the message of an error; the text of anything else.
 */
export function textOfThrown(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  } catch {
    return "a value that cannot be read"; // a proxy, or an object without a prototype
  }
}

/**
 * Whether an error of a class was thrown.
 *
 * @param thrown What was thrown.
 * @param type The class.
 */
export function isThrown<T>(
  thrown: unknown,
  // deno-lint-ignore no-explicit-any -- the constructor is not called
  type: abstract new (...given: any[]) => T,
): thrown is T {
  try {
    return thrown instanceof type;
  } catch {
    return false; // a proxy
  }
}
