import { checkEncoded, type Uint8Array_ } from "./_bytes.ts";
import { codec } from "./_codec.ts";

const alphabets = { base64: /[A-Za-z0-9+/]/, base64url: /[A-Za-z0-9_-]/ };

/**
 * Decodes either alphabet. As upstream does, it takes padding that is short or missing and ignores
 * the bits that are left over, and takes no white space.
 */
export function decode(text: string, alphabet: keyof typeof alphabets): Uint8Array_ {
  // Upstream looks for padding before it looks at the length, in the last two places.
  if (/=[\0-<>-\x7f]$/.test(text)) {
    throw new TypeError(`Cannot decode input as ${alphabet}: Invalid character behind the padding`);
  }
  const body = text.replace(/={1,2}$/, "");
  checkEncoded(body, alphabet, alphabets[alphabet], (length) => length % 4 !== 1);
  const plain = alphabet === "base64" ? body : body.replaceAll("-", "+").replaceAll("_", "/");
  return codec.fromBase64(plain);
}
