import { assertEquals } from "@std/assert";
import { outcomesOf } from "../../support/demo.ts";

Deno.test("dari demo pipe carries a message each way, then the end", async () => {
  assertEquals(await outcomesOf("pipe"), {
    "the child received": "부모가 보낸 메시지",
    "the parent received": "자식이 보낸 메시지",
    "the child closed its end": "end",
  });
});
