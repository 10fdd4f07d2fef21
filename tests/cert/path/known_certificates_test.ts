import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { encodePem } from "../../../lib/cert/der/pem.ts";
import { knownAuthorities, knownCertificate } from "../../../lib/cert/path/known_certificates.ts";
import { testAuthority } from "../../support/test_authority.ts";

const { certificate: { der } } = await testAuthority();

Deno.test("knownCertificate() parses a certificate once", () => {
  const certificate = knownCertificate(der);
  assertEquals(knownCertificate(der.slice()) === certificate, true);
});

Deno.test("knownAuthorities() remembers PEM up to its longest length, and parses longer PEM again", () => {
  const pem = encodePem("CERTIFICATE", der);
  for (const [length, isKnown] of [[0, true], [1, false]] as const) {
    const text = pem.padEnd(limits.maxRememberedPemLength + length, "\n");
    const authorities = knownAuthorities(text);
    assertEquals(authorities.length, 1);
    assertEquals(knownAuthorities(text) === authorities, isKnown);
  }
});
