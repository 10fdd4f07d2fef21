import { assertEquals } from "@std/assert";
import { outcomesOf } from "../../support/demo.ts";

Deno.test("dari demo rsa signs in by decrypting, and not with another key", async () => {
  const shown = await outcomesOf("rsa");
  assertEquals(shown["decrypted with the private key"], "a secret message");
  assertEquals(shown["signed in by answering the challenge"], "alice");
  assertEquals((shown["another key"] as { code: string }).code, "unauthenticated");
});
