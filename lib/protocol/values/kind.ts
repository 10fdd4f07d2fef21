/**
 * What values are called that cannot travel.
 *
 * @module
 */

/** What to do instead, for what is sent by mistake most often. */
const advice: ReadonlyMap<string, string> = new Map([
  ["Promise", "; await it first"],
  ["SharedArrayBuffer", "; send a copy of its bytes"],
]);

/**
 * Names the kind of a value.
 *
 * @param value The value.
 * @returns For instance `a Promise`, and what to do instead, where that is known.
 */
export function kindOf(value: unknown): { what: string; advice: string | undefined } {
  const name = nameOf(value);
  const article = /^[AEIO]/i.test(name) ? "an" : "a";
  return { what: `${article} ${name}`, advice: advice.get(name) };
}

function nameOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return typeof value;
  return (value.constructor as { name?: string } | undefined)?.name || "object";
}
