import { assertEquals } from "@std/assert";
import { serve } from "../../../lib/endpoint/serve.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";
import { openTestQueues } from "../../support/queues.ts";

Deno.test("server.queue() puts as the program of the server, whatever the policy says", async () => {
  await using kept = await openTestQueues({ name: "shop" });
  await using server = await serve({
    listen: listenMemory(),
    methods: {},
    queues: kept.queues,
  });
  await server.queue<number>("orders").put(1);
  assertEquals((await server.queue<number>("orders").take())?.putBy, "shop");
});
