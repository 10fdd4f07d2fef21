import { assertEquals } from "@std/assert";
import { outcomesOf } from "../../support/demo.ts";

Deno.test("dari demo rpc calls three methods and one that does not exist", async () => {
  const { "a method that does not exist": refusal, ...results } = await outcomesOf("rpc");
  assertEquals(results, {
    "add(10, 20)": 30,
    "multiply(5.5, 2)": 11,
    'process_data([1, 2, 3], "item_")': ["item_1", "item_2", "item_3"],
  });
  assertEquals((refusal as { code: string }).code, "method_not_found");
});
