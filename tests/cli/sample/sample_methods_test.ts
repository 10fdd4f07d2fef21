import { assertEquals, assertRejects } from "@std/assert";
import { RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { sampleMethods } from "../../../lib/cli/sample/sample_methods.ts";
import { startPair } from "../../support/rpc_pair.ts";

Deno.test("the sample methods answer without signing in, and check their params", async () => {
  await using pair = await startPair(sampleMethods);
  const { client } = pair;
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

Deno.test("process_data puts together as much text as its bound, and refuses one character more", async () => {
  await using pair = await startPair(sampleMethods);
  const prefix = "x".repeat(limits.maxSampleTextBytes / 1_024 - 1);
  const data = new Array(1_024).fill(1);
  const result = await pair.client.call("process_data", { data, prefix }) as string[];
  assertEquals([result.length, result[0]], [1_024, `${prefix}1`]);
  data[0] = 10;
  const error = await assertRejects(
    () => pair.client.call("process_data", { data, prefix }),
    RpcError,
  );
  assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
});
