import { assertEquals } from "@std/assert";
import { outcomesOf } from "../../support/demo.ts";

Deno.test("dari demo pipe carries a message each way, then the end", async () => {
  assertEquals(await outcomesOf("pipe"), {
    "the child received": "a message of the parent",
    "the parent received": "a message of the child",
    "the child closed its end": "the end",
  });
});
