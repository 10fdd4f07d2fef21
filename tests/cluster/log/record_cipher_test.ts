import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { type Bytes, RecordCipher, TAG_BYTES } from "../../../lib/cluster/log/record_cipher.ts";

const key = new Uint8Array(limits.clusterKeyBytes).fill(7);
const [header, nonce, beside] = [new Uint8Array([1, 2]), new Uint8Array(12), new Uint8Array(9)];
const cipher = new RecordCipher(key);
const most = limits.maxSealAtOnceBytes;

function bodyOf(length: number): Bytes {
  return Uint8Array.from({ length }, (_, at) => at % 251);
}

/** What Web Crypto makes of the same. */
async function expected(body: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  const params = { name: "AES-GCM", iv: nonce, additionalData: beside };
  const sealed = await crypto.subtle.encrypt(params, imported, body);
  return new Uint8Array([...header, ...new Uint8Array(sealed)]);
}

Deno.test("a record of maxSealAtOnceBytes is sealed and opened at once, one byte more by a thread", async () => {
  for (const length of [0, 1, most, most + 1]) {
    const body = bodyOf(length);
    const sealing = cipher.seal(header, body, nonce, beside);
    assertEquals(sealing instanceof Promise, length > most, `${length} bytes`);
    const sealed = await sealing;
    assertEquals(sealed, await expected(body), `${length} bytes`);
    assertEquals(sealed.length, header.length + length + TAG_BYTES);
    const opening = cipher.open(sealed.subarray(header.length), nonce, beside);
    assertEquals(opening instanceof Promise, length > most, `${length} bytes`);
    assertEquals(await opening, body, `${length} bytes`);
  }
});

Deno.test("a record that was changed does not open, whatever was changed", async () => {
  const other = (bytes: Bytes, at = 0) => {
    const changed = bytes.slice();
    changed[at]! ^= 1;
    return changed;
  };
  for (const length of [0, 100, most + 1]) {
    const sealed = (await cipher.seal(header, bodyOf(length), nonce, beside)).slice(header.length);
    assertEquals(await cipher.open(other(sealed), nonce, beside), undefined);
    assertEquals(await cipher.open(other(sealed, sealed.length - 1), nonce, beside), undefined);
    assertEquals(await cipher.open(sealed, other(nonce), beside), undefined);
    assertEquals(await cipher.open(sealed, nonce, other(beside)), undefined);
    assertEquals(await new RecordCipher(other(key)).open(sealed, nonce, beside), undefined);
    assertNotEquals(await cipher.open(sealed, nonce, beside), undefined);
  }
});

Deno.test("what was opened stays as it is when the bytes that came are used again", async () => {
  for (const length of [100, most + 1]) {
    const body = bodyOf(length);
    const sealed = (await cipher.seal(header, body, nonce, beside)).slice(header.length);
    const opening = cipher.open(sealed, nonce, beside);
    sealed.fill(0);
    assertEquals(await opening, body);
    assert(body.some((byte) => byte !== 0));
  }
});
