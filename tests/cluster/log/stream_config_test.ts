import { assertEquals, assertRejects } from "@std/assert";
import { setImmediate } from "node:timers";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { JetStreamApi } from "../../../lib/cluster/log/jetstream_api.ts";
import { differenceOf, ensureStream, infoOf } from "../../../lib/cluster/log/stream_config.ts";
import { logStream, logSubject } from "../../../lib/cluster/subjects.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { MemoryHub } from "../../support/memory_bus.ts";
import { failure, MemoryJetStream } from "../../support/memory_jetstream.ts";

const SUBJECT = "dari.orders.store.>";

function world() {
  const stack = new DisposableStack();
  const hub = new MemoryHub();
  const stream = logStream("orders", "store");
  const jetStream = new MemoryJetStream(hub, stream, logSubject("orders", "store"));
  const api = stack.use(new JetStreamApi(hub.connect()));
  const ensure = (timeoutMs = 1_000) => ensureStream(api, "orders", "store", timeoutMs);
  return { jetStream, api, ensure, [Symbol.dispose]: () => stack.dispose() };
}

Deno.test("ensureStream() makes a stream that loses nothing, on three NATS servers", async () => {
  using at = world();
  assertEquals(await infoOf(at.api, "dari_orders_store"), undefined);
  const { config = {} } = await at.ensure();
  assertEquals(config.num_replicas, limits.storeReplicas);
  assertEquals([config.subjects, config.storage, config.discard], [[SUBJECT], "file", "new"]);
  assertEquals([config.max_age, config.max_msgs, config.max_bytes], [0, -1, -1]);
  const again = await at.ensure();
  assertEquals(again.config, config);
  assertEquals(at.jetStream.asked.filter(({ verb }) => verb === "STREAM.CREATE").length, 1);
});

Deno.test("ensureStream() makes one replica where the NATS server is alone", async () => {
  using at = world();
  at.jetStream.answer = (verb, body) =>
    verb === "STREAM.CREATE" && Number(body.num_replicas) > 1
      ? failure(10_074, "replicas > 1 not supported in non-clustered mode")
      : undefined;
  assertEquals((await at.ensure()).config?.num_replicas, 1);
});

Deno.test("ensureStream() takes the stream that another server makes at the same time", async () => {
  using at = world();
  at.jetStream.answer = (verb, body) => {
    if (verb !== "STREAM.CREATE") return undefined;
    at.jetStream.config = { ...body, description: "of the other one" };
    return failure(10_058, "stream name already in use");
  };
  assertEquals((await at.ensure()).config?.description, "of the other one");
});

Deno.test("ensureStream() refuses a stream that would lose what is written", async () => {
  using at = world();
  await at.ensure();
  at.jetStream.config = { ...at.jetStream.config, max_age: 1_000 };
  const error = await assertRejects(at.ensure, DariError, "its max_age is 1000, not 0");
  assertEquals(error.code, "configuration");
});

Deno.test("differenceOf() names the first difference, and takes what is left out as the default", () => {
  assertEquals(differenceOf({ subjects: [SUBJECT] }, SUBJECT), undefined);
  assertEquals(
    differenceOf({ subjects: [SUBJECT], storage: "memory" }, SUBJECT),
    'its storage is "memory", not file',
  );
  for (const subjects of [undefined, [], ["other.>"], [SUBJECT, "other.>"]]) {
    assertEquals(differenceOf({ subjects }, SUBJECT)?.startsWith("its subjects are"), true);
  }
});

Deno.test("ensureStream() says why the NATS servers refuse", async () => {
  using at = world();
  at.jetStream.answer = (verb) =>
    verb === "STREAM.CREATE" ? failure(10_047, "insufficient storage resources") : undefined;
  const error = await assertRejects(at.ensure, DariError, "insufficient storage resources");
  assertEquals(error.code, "configuration");
});

Deno.test("ensureStream() waits for a leader, and without one the NATS servers are unavailable", async () => {
  using timers = new FakeTimers();
  using at = world();
  at.jetStream.answer = () => failure(10_008, "JetStream system temporarily unavailable");
  const settle = async () => {
    for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  const made = at.ensure(60_000);
  await settle();
  at.jetStream.answer = () => undefined;
  timers.advance(limits.storeTickMs);
  assertEquals((await made).config?.num_replicas, limits.storeReplicas);
  at.jetStream.answer = () => failure(10_008, "JetStream system temporarily unavailable");
  const error = await assertRejects(() => at.ensure(-1), DariError, "temporarily unavailable");
  assertEquals(error.code, "unavailable");
});
