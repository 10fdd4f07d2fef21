import { assertEquals, assertRejects } from "@std/assert";
import { connect, listenMemory, RpcError, serve } from "../../../mod.ts";
import { sampleMethods } from "../../../lib/cli/sample/sample_methods.ts";

Deno.test("the sample methods answer without signing in, and check their params", async () => {
  const memory = listenMemory();
  await using _server = await serve({ listen: memory, methods: sampleMethods });
  await using client = await connect(memory);
  assertEquals(await client.call("add", { a: 10, b: 20 }), 30);
  assertEquals(await client.call("multiply", { x: 5.5, y: 2 }), 11);
  assertEquals(await client.call("process_data", { data: [1, { n: 2 }], prefix: "item_" }), [
    "item_1",
    'item_{"n":2}',
  ]);
  assertEquals(await client.call("process_data", { data: ["a"] }), ["a"]);
  assertEquals(await client.call("echo", { value: "다리" }), "다리");
  assertEquals(await Array.fromAsync(client.stream("count", { to: 3 })), [1, 2, 3]);
  await assertRejects(() => client.call("add", { a: 1 }), RpcError, "b: is missing");
});
