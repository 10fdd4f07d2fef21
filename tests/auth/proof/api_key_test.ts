import { assert, assertEquals, assertThrows } from "@std/assert";
import { createApiKeyText, parseApiKey } from "../../../lib/auth/proof/api_key.ts";
import { systemRandom } from "../../../lib/auth/proof/bytes.ts";
import { AuthenticationError } from "../../../lib/auth/proof/errors.ts";

Deno.test("createApiKeyText() makes a prefix, an id, 256 bits and a checksum", () => {
  const { text, id, secret } = createApiKeyText(systemRandom);
  assert(/^dari_[0-9a-f]{12}_[0-9A-Za-z]{49}$/.test(text), text);
  assertEquals(parseApiKey(text), { id, secret });
  for (let at = 0; at < text.length; at++) {
    const flipped = text[at] === "a" ? "b" : "a";
    assertThrows(() => parseApiKey(text.slice(0, at) + flipped + text.slice(at + 1)));
  }
  assertThrows(() => parseApiKey(text.slice(0, -1)));
});

Deno.test("createApiKeyText() keeps the id of a key that is rotated", () => {
  const { id, text } = createApiKeyText(systemRandom, "0123456789ab");
  assertEquals(id, "0123456789ab");
  assert(text.startsWith("dari_0123456789ab_"));
});

Deno.test("parseApiKey() does not show a malformed key", () => {
  const { text } = createApiKeyText(systemRandom);
  const error = assertThrows(() => parseApiKey(`${text}0`), AuthenticationError, "malformed");
  assert(!error.message.includes(text));
});
