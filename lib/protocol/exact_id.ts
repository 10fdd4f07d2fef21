/**
 * Numbers lose digits when they are parsed, and an id must come back as it was sent.
 *
 * @module
 */

const WHOLE_NUMBER = /^(?:0|-?[1-9]\d{0,15})$/;
// An "id" member whose number is written in another way than that.
const SUSPICIOUS = /"id"\s*:\s*(?!(?:0|-?[1-9]\d{0,15})\s*[,}])[-\d]/;
// The key may hide behind an escape: "\u0069d".
const ESCAPED_KEY = /\\u006[49]/i;
const NONE: ReadonlySet<number> = new Set();

/**
 * Finds the ids that were written as numbers which may not have survived parsing: a fraction, an
 * exponent, more than 16 digits.
 *
 * @param text The JSON text of a message or a batch.
 * @returns The places in the batch of the messages with such an id; 0 stands for a message alone.
 */
export function inexactIds(text: string): ReadonlySet<number> {
  if (!SUSPICIOUS.test(text) && !ESCAPED_KEY.test(text)) return NONE;
  // Only a reviver sees how a number was written, and it visits every value: slow, and rare.
  const holders = new Set<object>();
  const root = JSON.parse(
    text,
    function (this: object, key, member, context?: { source?: string }) {
      if (key === "id" && typeof member === "number" && !WHOLE_NUMBER.test(context?.source ?? "")) {
        holders.add(this);
      }
      return member;
    },
  );
  const messages: unknown[] = Array.isArray(root) ? root : [root];
  const places = new Set<number>();
  messages.forEach((message, place) => {
    if (holders.has(message as object)) places.add(place);
  });
  return places;
}
