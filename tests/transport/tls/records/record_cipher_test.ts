import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeHex } from "@std/encoding/hex";
import { createDecipheriv } from "node:crypto";
import { limits } from "../../../../lib/base/limits.ts";
import {
  HEADER_BYTES,
  OVERHEAD_BYTES,
  RecordCipher,
  types,
} from "../../../../lib/transport/tls/records/record_cipher.ts";
import { loadSodium, TAG_BYTES } from "../../../../lib/transport/tls/records/sodium.ts";
import { secret } from "../../../support/record_pair.ts";

const sodium = await loadSodium();

function sealWith(cipher: RecordCipher, content: Uint8Array, type: number = types.data) {
  const record = new Uint8Array(content.length + OVERHEAD_BYTES);
  assertEquals(cipher.seal(type, content, record), record.length);
  return { header: record.subarray(0, HEADER_BYTES), sealed: record.subarray(HEADER_BYTES) };
}

/** Opens a record with the runtime's cipher alone, as RFC 8446 describes it. */
function openByHand(secret: Uint8Array, count: bigint, header: Uint8Array, sealed: Uint8Array) {
  const nonce = secret.slice(32);
  for (let at = 0; at < 8; at++) nonce[11 - at]! ^= Number(count >> BigInt(8 * at) & 0xffn);
  const options = { authTagLength: TAG_BYTES };
  const cipher = createDecipheriv("chacha20-poly1305", secret.slice(0, 32), nonce, options);
  cipher.setAAD(header, { plaintextLength: sealed.length - TAG_BYTES });
  cipher.setAuthTag(sealed.slice(-TAG_BYTES));
  const plain = cipher.update(sealed.slice(0, -TAG_BYTES));
  cipher.final();
  return new Uint8Array(plain);
}

Deno.test("a nonce is made of IV and number as in TLS 1.3 (RFC 9001, appendix A.5, has the same)", () => {
  const bytes = decodeHex(
    "c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8e0459b3474bdd0e44a41c144",
  );
  const cipher = new RecordCipher(sodium, bytes, 654_360_564);
  const sealed = decodeHex("655e5cd55c41f69080575d7999c25a5bfb");
  assertEquals(cipher.open(decodeHex("4200bff4"), sealed)?.slice(), Uint8Array.of(1));
});

Deno.test("records of every length are those of TLS 1.3, whichever library seals them", () => {
  const { shortRecordBytes: short, recordBytes: max } = limits;
  const bytes = secret();
  const near = new RecordCipher(sodium, bytes.slice());
  const far = new RecordCipher(sodium, bytes.slice());
  [0, 1, 100, short - 1, short, short + 1, max].forEach((length, count) => {
    const content = crypto.getRandomValues(new Uint8Array(length));
    const { header, sealed } = sealWith(near, content);
    const size = length + 1 + TAG_BYTES;
    assertEquals([...header], [23, 3, 3, size >>> 8, size & 0xff]);
    const opened = new Uint8Array(far.open(header, sealed) ?? []);
    assertEquals(opened, openByHand(bytes, BigInt(count), header, sealed));
    assertEquals(opened.subarray(0, -1), content);
    assertEquals(opened.at(-1), types.data);
  });
});

Deno.test("a record that was changed in any byte does not open", () => {
  for (const length of [20, limits.shortRecordBytes + 1]) {
    const bytes = secret();
    const { header, sealed } = sealWith(
      new RecordCipher(sodium, bytes.slice()),
      new Uint8Array(length),
    );
    const opens = (header: Uint8Array, sealed: Uint8Array) =>
      new RecordCipher(sodium, bytes.slice()).open(header, sealed) !== undefined;
    assert(opens(header, sealed));
    for (let at = 0; at < header.length; at++) {
      assert(!opens(changedAt(header, at), sealed), `${at}`);
    }
    for (let at = 0; at < sealed.length; at++) {
      assert(!opens(header, changedAt(sealed, at)), `${at}`);
    }
  }
});

Deno.test("a record opens once, in its turn, and with the key of its direction", () => {
  const bytes = secret();
  const near = new RecordCipher(sodium, bytes.slice());
  const [first, second] = [sealWith(near, new Uint8Array(5)), sealWith(near, new Uint8Array(5))];
  const opens = (cipher: RecordCipher, { header, sealed }: typeof first) =>
    cipher.open(header, sealed) !== undefined;
  const fresh = () => new RecordCipher(sodium, bytes.slice());
  const replayed = fresh();
  assertEquals([opens(replayed, first), opens(replayed, first)], [true, false]);
  assertEquals(opens(fresh(), second), false);
  assertEquals(opens(new RecordCipher(sodium, secret()), first), false);
});

Deno.test("a key seals maxRecordsOfKey records, each with a nonce of its own, and none beyond", () => {
  const bytes = secret();
  const last = limits.maxRecordsOfKey - 1;
  const cipher = new RecordCipher(sodium, bytes.slice(), last);
  const { header, sealed } = sealWith(cipher, Uint8Array.of(9));
  assertEquals(openByHand(bytes, BigInt(last), header, sealed), Uint8Array.of(9, types.data));
  assertThrows(() => sealWith(cipher, Uint8Array.of(9)), Error, "its key has sealed");
  const opener = new RecordCipher(sodium, bytes.slice(), last);
  assert(opener.open(header, sealed) !== undefined);
  assertThrows(() => opener.open(header, sealed), Error, "its key has sealed");
  // Beyond 32 bits the higher half of the nonce counts on.
  const beyond = new RecordCipher(sodium, bytes.slice(), 2 ** 32 + 3);
  const record = sealWith(beyond, Uint8Array.of(8));
  const plain = openByHand(bytes, 2n ** 32n + 3n, record.header, record.sealed);
  assertEquals(plain, Uint8Array.of(8, types.data));
});

Deno.test("a key that was wiped is gone, and seals nothing", () => {
  const bytes = secret();
  const cipher = new RecordCipher(sodium, bytes);
  cipher.wipe();
  assertEquals([...bytes], Array(44).fill(0));
  assertThrows(() => sealWith(cipher, new Uint8Array(1)), Error, "its key was forgotten");
  assertThrows(() => cipher.open(new Uint8Array(5), new Uint8Array(17)), Error, "forgotten");
});

function changedAt(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at]! ^= 0x80;
  return changed;
}
