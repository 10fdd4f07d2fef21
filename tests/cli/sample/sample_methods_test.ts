import { assertEquals, assertRejects } from "@std/assert";
import { RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { sampleMethods } from "../../../lib/cli/sample/sample_methods.ts";
import { startPair } from "../../support/rpc_pair.ts";

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
