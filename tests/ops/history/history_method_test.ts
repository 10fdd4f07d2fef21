import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { HISTORY_METHOD, historyMethods } from "../../../lib/ops/history/history_method.ts";
import type { HistoryItem } from "../../../lib/ops/history/history.ts";
import { operationsMethods } from "../../../lib/rpc/builtin/operations.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";

Deno.test("rpc.history streams, and takes no params", async () => {
  const item: HistoryItem = { samples: [], methods: [] };
  const [method] = operationsMethods(historyMethods({
    async *watch() {
      await Promise.resolve();
      yield item;
    },
  }));
  assertEquals([method!.name, method!.describe().isStream], [HISTORY_METHOD, true]);
  const context = { signal: new AbortController().signal } as Context;
  const items = (params?: unknown) =>
    Array.fromAsync(method!.handler(params, context) as AsyncIterable<unknown>);
  assertEquals(await items(), [item]);
  await assertRejects(() => items({ from: 1 }), DariError, "There is no param");
});
