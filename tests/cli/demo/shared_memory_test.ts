import { assertEquals } from "@std/assert";
import { outcomesOf } from "../../support/demo.ts";

Deno.test("dari demo shared-memory reads what the writer wrote", async () => {
  assertEquals((await outcomesOf("shared-memory"))["the reader read"], {
    status: "running",
    count: 42,
    message: "Hello from the writer",
  });
});
