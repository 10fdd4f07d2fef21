import { assert, assertEquals, assertThrows } from "@std/assert";
import { oid } from "../../../lib/cert/der/oid.ts";
import { loadDerWriter } from "../../../lib/cert/der/writer.ts";
import { generateKeyPair } from "../../../lib/cert/key/key_pair.ts";
import {
  checkPublicKey,
  formatPublicKeyKind,
  keyIdText,
  publicKeyKind,
} from "../../../lib/cert/key/public_key.ts";
import { CertificateError, type CertificateReason } from "../../../lib/cert/reasons.ts";
import { brokenKeys, rsaKey } from "../../support/broken_key.ts";
import { weakPublicKey } from "../../support/weak_key.ts";

const writer = await loadDerWriter();

function refusal(spki: Uint8Array<ArrayBuffer>): CertificateReason {
  return assertThrows(() => checkPublicKey(spki), CertificateError).reason;
}

Deno.test("publicKeyKind() reads the curves that Web Crypto has", async () => {
  for (const curve of ["P-256", "P-384", "P-521"] as const) {
    const { publicKey } = await crypto.subtle.generateKey(
      { name: "ECDSA", namedCurve: curve },
      true,
      ["sign", "verify"],
    );
    const spki = new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
    assertEquals(publicKeyKind(spki), { kind: "ec", curve });
    assertEquals(formatPublicKeyKind(publicKeyKind(spki)), `ECDSA ${curve}`);
  }
});

Deno.test("checkPublicKey() counts the bits of an RSA modulus, and refuses few of them", async () => {
  assertEquals(refusal(await weakPublicKey()), "weak_key");
  const modulus = new Uint8Array(256).fill(0xff);
  const good = Uint8Array.of(1, 0, 1);
  assertEquals(checkPublicKey(rsaKey(modulus, good)), { kind: "rsa", bits: 2_048 });
  modulus[0] = 0x7f;
  assertEquals(refusal(rsaKey(modulus, good)), "weak_key", "2,047 bits");
});

Deno.test("checkPublicKey() refuses an RSA exponent that is small or even", () => {
  const modulus = new Uint8Array(256).fill(0xff);
  for (const exponent of [[3], [0xff, 0xff], [1, 0, 0]]) {
    assertEquals(refusal(rsaKey(modulus, Uint8Array.from(exponent))), "weak_key");
  }
});

Deno.test("checkPublicKey() refuses negative RSA numbers, from the first on", () => {
  const good = rsaKey(new Uint8Array(256).fill(0xff), Uint8Array.of(1, 0, 1)).toHex();
  for (const exponent of ["800001", "ff0001"]) {
    const negative = Uint8Array.fromHex(good.replace(/0203010001$/, `0203${exponent}`));
    assertEquals(refusal(negative), "malformed", exponent);
  }
});

Deno.test("checkPublicKey() refuses other algorithms, other curves and what is no key", () => {
  const key = (...algorithm: string[]) =>
    writer.encode(
      writer.sequence(
        writer.sequence(...algorithm.map((id) => writer.oid(id))),
        writer.bitString(new Uint8Array(32)),
      ),
    );
  assertEquals(refusal(key("1.2.840.10040.4.1")), "unsupported"); // DSA
  assertEquals(refusal(key(oid.ecPublicKey, "1.3.132.0.10")), "unsupported"); // secp256k1
  assertEquals(refusal(new Uint8Array(3)), "malformed");
  const explicitCurve = writer.sequence(
    writer.sequence(writer.oid(oid.ecPublicKey), writer.sequence(writer.integer(1))),
    writer.bitString(new Uint8Array(65)),
  );
  assertEquals(refusal(writer.encode(explicitCurve)), "unsupported");
});

for (const { name, spki } of brokenKeys) {
  Deno.test(`checkPublicKey() refuses ${name}, which publicKeyKind() names all the same`, () => {
    publicKeyKind(spki);
    assertEquals(refusal(spki), "weak_key");
  });
}

Deno.test("keyIdText() gives 20 octets that differ from key to key", async () => {
  const [a, b] = await Promise.all([generateKeyPair(), generateKeyPair()]);
  assertEquals((await keyIdText(a.publicKey)).length, 40);
  assert(await keyIdText(a.publicKey) !== await keyIdText(b.publicKey));
});
