import { assertEquals } from "@std/assert";
import { outcomesOf } from "../../support/demo.ts";

Deno.test("dari demo mtls answers a client with a certificate, and refuses one without", async () => {
  const shown = await outcomesOf("mtls");
  const { subject } = shown["with a client certificate"] as { subject: string };
  assertEquals(subject, "CN=worker-1.internal");
  assertEquals((shown["without one"] as { code: string }).code, "unavailable");
});
