/**
 * Checks of numbers in options, which say which option is wrong and what it may be.
 *
 * @module
 */

/**
 * Refuses a number that is less than it may be, or none.
 *
 * @param name The option, for the message.
 * @param value Its value.
 * @param least The least that it may be.
 * @throws {RangeError} Where it is less, or NaN.
 */
export function checkAtLeast(name: string, value: number, least: number): void {
  if (!(value >= least)) throw new RangeError(`${name} is ${value}; use ${least} or more`);
}

/**
 * Refuses two numbers that belong together where one is not above 0.
 *
 * @param names The options, for the message.
 * @param first The value of the first.
 * @param second The value of the second.
 * @throws {RangeError} Where one is 0 or less, or NaN.
 */
export function checkBothAboveZero(
  names: readonly [string, string],
  first: number,
  second: number,
): void {
  if (first > 0 && second > 0) return;
  throw new RangeError(`${names.join(" and ")} are ${first} and ${second}; both must be above 0`);
}
