import { assertEquals } from "@std/assert";
import { outcomesOf } from "../../support/demo.ts";

Deno.test("dari demo hash shows the SHA-256 of a text", async () => {
  assertEquals(await outcomesOf("hash"), {
    'SHA-256 of "Hello, world!"':
      "315f5bdb76d078c43b8ac0064e4a0164612b1fce77c869345bfc94c75894edd3",
  });
});
