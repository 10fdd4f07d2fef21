/**
 * Tells values that `JSON.stringify` writes as they are. Nearly every value is such a one.
 *
 * @module
 */

/**
 * Whether a value holds nothing but what JSON carries. This costs a fraction of writing it.
 *
 * @param value The value.
 * @param levels How deep arrays and objects may nest.
 * @param isExact Whether it must also come back the same: without members that are `undefined`, which
 * `JSON.stringify` leaves out, and without −0, which it writes as 0.
 * @returns Whether `JSON.stringify` may write it.
 */
export function isPlain(value: unknown, levels: number, isExact: boolean): boolean {
  if (typeof value !== "object") return isPlainScalar(value, isExact);
  if (value === null) return true;
  if (levels === 0) return false;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const item = value[index];
      if (
        typeof item === "object"
          ? !isPlain(item, levels - 1, isExact)
          : !isPlainScalar(item, isExact)
      ) return false;
    }
    return true;
  }
  // Reading `constructor` is the quickest way to see nearly every plain object.
  if (value.constructor !== Object && Object.getPrototypeOf(value) !== null) return false;
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    if (typeof member === "object") {
      if (!isPlain(member, levels - 1, isExact)) return false;
    } else if (!isPlainScalar(member, isExact) && (isExact || member !== undefined)) return false;
  }
  return true;
}

function isPlainScalar(value: unknown, isExact: boolean): boolean {
  // The difference is NaN for NaN and for both infinities.
  if (typeof value === "number") {
    return value - value === 0 && (value !== 0 || !isExact || 1 / value > 0);
  }
  return typeof value === "string" || typeof value === "boolean";
}
