import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { outcomesOf } from "../../support/demo.ts";

Deno.test("dari demo tls shows certificate, protocol and cipher, and three echoes", async () => {
  const shown = await outcomesOf("tls");
  const { subject } = shown["the certificate"] as { subject: string };
  assertEquals(subject, "C=KR, ST=Seoul, L=Seoul, O=My Company, CN=localhost");
  const { version, cipher } = shown["protocol and cipher"] as { version: string; cipher: string };
  assertMatch(`${version} ${cipher}`, /^TLSv1\.3 TLS_\w+$/);
  for (const message of ["hello", "a test", "a secret"]) {
    assertEquals(shown[`sent ${message}`], `the answer, encrypted: ${message}`);
  }
  const refusal = shown["a client that does not trust it"] as { message: string };
  assertStringIncludes(refusal.message, "authority that is not trusted");
});
