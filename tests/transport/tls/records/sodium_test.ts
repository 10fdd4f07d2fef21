import { assertEquals } from "@std/assert";
import { decodeHex } from "@std/encoding/hex";
import { limits } from "../../../../lib/base/limits.ts";
import { loadSodium, TAG_BYTES } from "../../../../lib/transport/tls/records/sodium.ts";

// RFC 8439 section 2.8.2
const key = Uint8Array.from({ length: 32 }, (_, at) => 0x80 + at);
const nonce = decodeHex("070000004041424344454647");
const header = decodeHex("50515253c0c1c2c3c4c5c6c7");
const text =
  "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the " +
  "future, sunscreen would be it.";
const plain = new TextEncoder().encode(text);
const sealed = decodeHex(
  "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b" +
    "1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc" +
    "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691",
);

Deno.test("libsodium seals and opens as RFC 8439 says", async () => {
  const sodium = await loadSodium();
  const into = new Uint8Array(plain.length + TAG_BYTES);
  sodium.seal(key, nonce, header, plain.subarray(0, -1), plain.at(-1)!, into);
  assertEquals(into, sealed);
  assertEquals(sodium.open(key, nonce, header, sealed)?.slice(), plain);
});

Deno.test("libsodium opens nothing that was changed in any byte, of the header included", async () => {
  const sodium = await loadSodium();
  const opens = (header: Uint8Array, sealed: Uint8Array) =>
    sodium.open(key, nonce, header, sealed) !== undefined;
  assertEquals(opens(header, sealed), true);
  for (let at = 0; at < sealed.length; at++) {
    assertEquals([at, opens(header, changedAt(sealed, at))], [at, false]);
  }
  for (let at = 0; at < header.length; at++) {
    assertEquals([at, opens(changedAt(header, at), sealed)], [at, false]);
  }
  assertEquals(opens(header.subarray(1), sealed), false);
  assertEquals(opens(header, sealed.subarray(0, -1)), false);
});

Deno.test("libsodium has room for shortRecordBytes, and is loaded once", async () => {
  const sodium = await loadSodium();
  assertEquals(await loadSodium(), sodium);
  const long = crypto.getRandomValues(new Uint8Array(limits.shortRecordBytes));
  const into = new Uint8Array(long.length + 1 + TAG_BYTES);
  sodium.seal(key, nonce, header, long, 7, into);
  assertEquals(sodium.open(key, nonce, header, into)?.slice(), Uint8Array.of(...long, 7));
});

function changedAt(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at]! ^= 1;
  return changed;
}
