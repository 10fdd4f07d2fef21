import { assertEquals, assertRejects } from "@std/assert";
import { RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { paramsError } from "../../../lib/rpc/method/params_error.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";
import { z } from "zod";

Deno.test("a caller reads in error.data.issues what is wrong with its params", async () => {
  const params = z.object({ name: z.string(), tags: z.array(z.number()) });
  const memory = listenMemory();
  await using _server = await serve({
    listen: memory,
    methods: { tag: method({ params, handler: () => 1 }) },
  });
  await using client = await connect(memory);
  const error = await assertRejects(() => client.call("tag", { tags: [1, "two"] }), RpcError);
  const { issues, ...others } = error.data as { issues: { path: unknown; message: string }[] };
  assertEquals(others, { name: "invalid_params", retryable: false } as unknown as typeof others);
  assertEquals(issues.map(({ path }) => path), [["name"], ["tags", 1]]);
  for (const { message } of issues) assertEquals(error.message.includes(message), true);
});

Deno.test("of very many issues the first are told, and how many more there are", () => {
  const { maxParamIssues, maxParamIssueLength } = limits;
  const issues = Array.from({ length: maxParamIssues + 5 }, (_, at) => ({
    path: [{ key: "x".repeat(maxParamIssueLength + 1) }, Symbol("s"), at],
    message: "y".repeat(maxParamIssueLength + 1),
  }));
  const error = paramsError("add", issues);
  const { issues: told } = error.data as { issues: { path: unknown[]; message: string }[] };
  assertEquals(told.length, maxParamIssues);
  assertEquals(told[1], {
    path: [`${"x".repeat(maxParamIssueLength)}…`, "Symbol(s)", 1],
    message: `${"y".repeat(maxParamIssueLength)}…`,
  });
  assertEquals(error.message.endsWith("; and 5 more"), true);
});
