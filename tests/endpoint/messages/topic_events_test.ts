// What a browser does: an EventSource that comes back, and calls over /ws.

import { assertEquals, assertMatch } from "@std/assert";
import { connect } from "../../../lib/endpoint/connect.ts";
import { topicOf } from "../../../lib/messages/mod.ts";
import { ENGINES, type HttpsServer, startHttps } from "../../support/https_server.ts";
import { world } from "../../support/mutual_tls.ts";
import { openTestTopics } from "../../support/topics.ts";

/** An EventSource, as far as its requests go. */
async function openEvents(
  { fetch, apiKey }: HttpsServer,
  params: Record<string, unknown>,
  lastEventId?: string,
) {
  const query = `params=${encodeURIComponent(JSON.stringify(params))}`;
  const reply = await fetch(`/rpc/rpc.topic.subscribe?${query}`, {
    headers: {
      "accept": "text/event-stream",
      "authorization": `Bearer ${apiKey}`,
      ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
    },
  });
  const body = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    status: reply.status,
    /** The next event: its id and its data. */
    async next() {
      while (!text.includes("\n\n")) {
        const { done, value } = await body.read();
        if (done) throw new Error(`the stream ended: ${text}`);
        text += value;
        text = text.replace(/^:.*\n\n/gm, ""); // signs of life
      }
      const end = text.indexOf("\n\n");
      const event = text.slice(0, end);
      text = text.slice(end + 2);
      const id = /^id: (.*)$/m.exec(event)?.[1];
      const { topic, value } = JSON.parse(/^data: (.*)$/m.exec(event)![1]!);
      return { id, topic, value };
    },
    close: () => body.cancel(),
  };
}

for (const engine of ENGINES) {
  Deno.test(`a browser reads a topic, and comes back behind its last event (${engine})`, async () => {
    await using kept = await openTestTopics();
    await using gateway = await startHttps({}, { engine }, { queues: kept.queues });
    const paid = kept.topics.topic<number>("orders.1.paid");
    await paid.publish(1);
    const events = await openEvents(gateway, { topic: "orders.*.paid", from: "first" });
    assertEquals(events.status, 200);
    const first = { id: '"orders:1"', topic: "orders.1.paid", value: 1 };
    assertEquals(await events.next(), first);
    await paid.publish(2);
    assertEquals((await events.next()).value, 2);
    await events.close();
    await paid.publish(3);
    // What EventSource sends by itself when it comes back.
    const again = await openEvents(gateway, { topic: "orders.*.paid", from: "first" }, first.id);
    assertEquals([(await again.next()).value, (await again.next()).value], [2, 3]);
    await again.close();

    const last = await openEvents(gateway, { topic: "orders.1.paid", last: true });
    assertEquals(await last.next(), { id: '"orders:3"', topic: "orders.1.paid", value: 3 });
    await last.close();
    const back = await openEvents(gateway, { topic: "orders.1.paid", last: true }, '"orders:2"');
    assertEquals((await back.next()).value, 3);
    await back.close();
    while (kept.topics.subscriptions > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  });
}

Deno.test("what a browser may not read, and cursors that are gone, are problems with their status", async () => {
  await using kept = await openTestTopics();
  await using gateway = await startHttps({}, {}, { queues: kept.queues });
  await kept.topics.topic("orders").publish(1);
  const subscribe = (params: unknown, headers: Record<string, string>) =>
    gateway.post("/rpc/rpc.topic.subscribe", params, { accept: "text/event-stream", ...headers });
  const nobody = await subscribe({ topic: "orders" }, {});
  assertEquals(nobody.status, 401);
  await nobody.body?.cancel();
  const key = { authorization: `Bearer ${gateway.apiKey}` };
  const future = await subscribe({ topic: "orders", from: "orders:9" }, key);
  assertEquals([future.status, (await future.json()).detail?.includes("of the future")], [
    400,
    true,
  ]);
  const wrong = await subscribe({ topic: "*" }, key);
  assertEquals(wrong.status, 400);
  assertMatch(await wrong.text(), /cannot be the name of a topic/);
});

Deno.test("a page publishes and reads over /ws as any client does", async () => {
  await using kept = await openTestTopics();
  await using gateway = await startHttps({}, {}, { queues: kept.queues });
  const ca = (await world()).authority.pem;
  const address = `wss://127.0.0.1:${gateway.port}`;
  await using client = await connect(address, { ca, token: gateway.apiKey });
  const reading = topicOf<number>(client, "orders.>").subscribe();
  const receipt = await topicOf<number>(client, "orders.1").publish(7);
  assertEquals(receipt.cursor, "orders:1");
  const { value } = await reading.next();
  assertEquals([value?.value, value?.publishedBy], [7, "alice"]);
});
