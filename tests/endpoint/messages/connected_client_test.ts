import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";
import { openTestQueues } from "../../support/queues.ts";

Deno.test("client.queue() and server.queue() are the same queue", async () => {
  await using kept = await openTestQueues();
  const memory = listenMemory();
  await using server = await serve({ listen: memory, methods: {}, queues: kept.queues });
  await using client = await connect(memory);
  await client.queue<Date>("times").put(new Date(0));
  const message = await server.queue<Date>("times").take();
  assertEquals(message?.value, new Date(0));
  assertThrows(() => client.queue("../times"), DariError, "name of a queue");
});

Deno.test("a server without queues says so on both sides", async () => {
  const memory = listenMemory();
  await using server = await serve({ listen: memory, methods: {} });
  await using client = await connect(memory);
  const error = await assertRejects(() => client.queue("emails").put(1), DariError);
  assertEquals(error.code, "method_not_found");
  assertThrows(() => server.queue("emails"), TypeError, "serve({ queues })");
});
