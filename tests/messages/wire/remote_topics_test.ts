import { assertEquals, assertRejects } from "@std/assert";
import type { DariError } from "../../../lib/base/errors.ts";
import { topicOf } from "../../../lib/messages/mod.ts";
import { openTestQueues } from "../../support/queues.ts";
import { startPair } from "../../support/rpc_pair.ts";

Deno.test("a subscription takes the place of a call on a connection that may have one", async () => {
  await using kept = await openTestQueues();
  await using pair = await startPair({ greet: () => "hello" }, { queues: kept.queues }, {
    maxCallsInFlight: 1,
  });
  const orders = topicOf<number>(pair.client, "orders");
  await orders.publish(1);
  const reading = orders.subscribe({ from: "first" });
  assertEquals((await reading.next()).value?.value, 1);
  const refused = await assertRejects(() => pair.client.call("greet", [], { timeoutMs: 20 }));
  assertEquals((refused as DariError).code, "deadline_exceeded");
  await reading.return();
  assertEquals(await pair.client.call("greet", []), "hello");
});
