import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { encodePem } from "../../../lib/cert/der/pem.ts";
import { type DerNode, loadDerWriter } from "../../../lib/cert/der/writer.ts";
import { CertificateError } from "../../../lib/cert/reasons.ts";
import {
  fingerprintOf,
  identityOf,
  parseCertificate,
  parseCertificates,
  serialText,
} from "../../../lib/cert/x509/certificate.ts";
import { readRequest } from "../../../lib/cert/x509/request.ts";
import { testAuthority, testLeaf } from "../../support/test_authority.ts";

const root = await testAuthority();

Deno.test("parseCertificate() answers any damage with an error of its own", async () => {
  const { der } = await testLeaf(root);
  fc.assert(
    fc.property(fc.nat({ max: der.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = der.slice();
      damaged[at]! ^= flip;
      try {
        parseCertificate(damaged);
      } catch (error) {
        assert(error instanceof DariError, String(error));
      }
    }),
  );
  for (let length = 0; length < der.length; length += 7) {
    assertThrows(() => parseCertificate(der.slice(0, length)), DariError);
  }
});
Deno.test("parseCertificates() takes the certificates among other blocks, and misses none", () => {
  const key = encodePem("PRIVATE KEY", new Uint8Array(1));
  assertThrows(() => parseCertificates(key), DariError, "holds no certificate");
  const broken = encodePem("CERTIFICATE", new Uint8Array(1));
  assertThrows(() => parseCertificates(key + broken), DariError, "Malformed DER");
});
Deno.test("identityOf() takes the first URI, else the first DNS name, else the common name", async () => {
  const identity = async (names: string[], subject = "CN=common") =>
    identityOf(await testLeaf(root, { names, subject }));
  assertEquals(await identity(["a.internal", "spiffe://b/c", "spiffe://d"]), "spiffe://b/c");
  assertEquals(await identity(["10.0.0.1", "a.internal", "b.internal"]), "a.internal");
  assertEquals(await identity(["10.0.0.1"]), "common");
  assertEquals(await identity(["10.0.0.1"], "O=nobody"), "");
  assertEquals(await identity(["10.0.0.1"], "CN=ann, CN=bob"), "", "one of two is nobody's name");
  assertEquals(await identity(["10.0.0.1"], "CN=an\u200dn"), "", "and so is what cannot be seen");
});

Deno.test("parseCertificate() passes over the unique identifiers of issuer and subject", async () => {
  const writer = await loadDerWriter();
  const { der, extensions } = await testLeaf(root);
  for (const numbers of [[1], [2], [1, 2]]) {
    const whole = writer.raw(der);
    const fields = (whole.value as DerNode[])[0]!.value as DerNode[];
    fields.splice(-1, 0, ...numbers.map((number) => writer.implicit(number, Uint8Array.of(0, 1))));
    assertEquals(parseCertificate(writer.encode(whole)).extensions, extensions);
  }
});

Deno.test("parseCertificate() and readRequest() read as many octets as their bound says", () => {
  for (const parse of [parseCertificate, readRequest]) {
    const reasonOf = (length: number) =>
      assertThrows(() => parse(new Uint8Array(length)), CertificateError).reason;
    const most = limits.maxCertificateBytes;
    assertEquals([reasonOf(most), reasonOf(most + 1)], ["malformed", "too_large"]);
  }
});

Deno.test("parseCertificate() says what is wrong with a serial number, and goes on", async () => {
  const faultOf = async (...octets: number[]) =>
    (await testLeaf(root, { serial: Uint8Array.from(octets) })).serialFault;
  assertEquals(await faultOf(0), "is zero");
  assertEquals(await faultOf(...new Array(21).fill(1)), "is longer than 20 octets");
  assertEquals(await faultOf(1, 2), undefined);
  assertEquals(await faultOf(...new Array(20).fill(1)), undefined);
});

Deno.test("serialText() has no leading zeros and is never empty", () => {
  const texts = [[0], [0, 0x80], [0x0a, 1]].map((octets) => serialText(Uint8Array.from(octets)));
  assertEquals(texts, ["0", "80", "a01"]);
});

Deno.test("fingerprintOf() is the SHA-256 of the DER", async () => {
  const leaf = await testLeaf(root);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", leaf.der));
  assertEquals(await fingerprintOf(leaf), digest.toHex());
});
