import { assertEquals } from "@std/assert";
import { outcomesOf } from "../../support/demo.ts";

Deno.test("dari demo unix-socket gets the server's answer", async () => {
  assertEquals(
    (await outcomesOf("unix-socket"))["the client received"],
    "the server has received the data",
  );
});
