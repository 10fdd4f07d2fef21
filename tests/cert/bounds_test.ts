// Every bound of lib/cert at its value and one beyond.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import { leafLife } from "../../lib/cert/authority/authority.ts";
import { DerReader } from "../../lib/cert/der/reader.ts";
import { loadDerWriter } from "../../lib/cert/der/writer.ts";
import { oid } from "../../lib/cert/der/oid.ts";
import { readPbes2 } from "../../lib/cert/key/pbes2.ts";
import { CertificateError, makeAuthority, parseRevocationList } from "../../lib/cert/mod.ts";
import { parseSubject, subjectFor } from "../../lib/cert/x509/distinguished_name.ts";
import { parseSubjectNames } from "../../lib/cert/x509/general_name.ts";

Deno.test("a life is as short and as long as its bounds say", async () => {
  const { minCertificateLifeMs: least, maxLeafLifeMs: most, maxAuthorityLifeMs } = limits;
  // The minutes before a leaf was issued count, and its last second.
  const longest = most - limits.certificateBackdateMs - 1_000;
  assertEquals([least, most].map((lifeMs) => leafLife(lifeMs)), [least, longest]);
  for (const beyond of [least - 1, most + 1]) assertThrows(() => leafLife(beyond), DariError);
  const { certificate: { notAfterMs, notBeforeMs } } = await makeAuthority({
    lifeMs: maxAuthorityLifeMs,
  });
  const lifeMs = notAfterMs - notBeforeMs - limits.certificateBackdateMs;
  assertEquals(Math.floor(lifeMs / 1_000), maxAuthorityLifeMs / 1_000); // dates have whole seconds
  await assertRejects(
    () => makeAuthority({ lifeMs: maxAuthorityLifeMs + 1 }),
    DariError,
    "at most",
  );
});

Deno.test("a certificate has as many names as its bound says", () => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `n${at}.internal`);
  const most = limits.maxCertificateNames;
  assertEquals(parseSubjectNames(names(most)).length, most);
  assertThrows(() => parseSubjectNames(names(most + 1)), DariError, `${most + 1} names`);
  // The same name twice is one.
  assertEquals(parseSubjectNames([...names(most), "n0.internal"]).length, most);
});

Deno.test("an attribute of a subject has as many characters as its bound says", () => {
  const most = limits.maxNameAttributeLength;
  assertEquals(parseSubject(`O=${"x".repeat(most)}`)[0]?.value.length, most);
  assertThrows(() => parseSubject(`O=${"x".repeat(most + 1)}`), DariError, "give 1 to");
  const hosts = [most, most + 1].map((length) => "h".repeat(length - 9) + ".internal");
  const lengths = hosts.map((host) => subjectFor(undefined, host).map(({ value }) => value.length));
  assertEquals(lengths, [[most], []]); // a longer one stands among the names alone
});

Deno.test("a key file asks for as many iterations as its bound says", async () => {
  const writer = await loadDerWriter();
  const parameters = (iterations: number) =>
    new DerReader(writer.encode(writer.sequence(
      writer.oid(oid.pbes2),
      writer.sequence(
        writer.sequence(
          writer.oid(oid.pbkdf2),
          writer.sequence(
            writer.octetString(new Uint8Array(limits.keySaltBytes)),
            writer.integer(iterations),
            writer.sequence(writer.oid(oid.hmacWithSha256), writer.null()),
          ),
        ),
        writer.sequence(writer.oid(oid.aes256Cbc), writer.octetString(new Uint8Array(16))),
      ),
    ))).sequence();
  const most = limits.maxKeyDerivationIterations;
  assertEquals(readPbes2(parameters(most)).iterations, most);
  assertThrows(() => readPbes2(parameters(most + 1)), CertificateError, `${most + 1} iterations`);
});

Deno.test("a revocation list is read up to its bound", () => {
  const reasonOf = (length: number) =>
    assertThrows(() => parseRevocationList(new Uint8Array(length)), CertificateError).reason;
  assertEquals(reasonOf(limits.maxRevocationListBytes), "malformed");
  assertEquals(reasonOf(limits.maxRevocationListBytes + 1), "too_large");
});
