import { assert, assertEquals, assertRejects } from "@std/assert";
import { setImmediate } from "node:timers";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { JetStreamApi, JetStreamError } from "../../../lib/cluster/log/jetstream_api.ts";
import { NotAppended } from "../../../lib/cluster/log/log.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { MemoryHub } from "../../support/memory_bus.ts";
import { failure, MemoryJetStream } from "../../support/memory_jetstream.ts";

const SUBJECT = "dari.orders.store.live.log";
const bytes = (...values: number[]) => new Uint8Array(values);

function world() {
  const stack = new DisposableStack();
  const hub = new MemoryHub();
  const jetStream = new MemoryJetStream(hub, "orders", "dari.orders.store");
  const api = stack.use(new JetStreamApi(hub.connect()));
  return { hub, jetStream, api, [Symbol.dispose]: () => stack.dispose() };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

Deno.test("JetStreamApi.ask() gives each question its own answer", async () => {
  using at = world();
  at.jetStream.answer = (verb, body) => ({ name: `${verb} ${JSON.stringify(body)}` });
  const [one, other] = await Promise.all([at.api.ask("A.x"), at.api.ask("B", { n: 1 })]);
  assertEquals([one.name, other.name], ["A.x {}", 'B {"n":1}']);
});

Deno.test("JetStreamApi.ask() says what the NATS server says is wrong", async () => {
  using at = world();
  const error = await assertRejects(() => at.api.ask("STREAM.INFO.orders"), JetStreamError);
  assertEquals([error.number, error.message], [10_059, "stream not found"]);
});

Deno.test("JetStreamApi gives up where no answer comes, and when it is disposed", async () => {
  using timers = new FakeTimers();
  using at = world();
  at.jetStream.answer = () => null;
  const late = assertRejects(() => at.api.ask("A"), DariError, "does not answer");
  timers.advance(limits.storeAskTimeoutMs - 1);
  await turn();
  timers.advance(1);
  assertEquals((await late).code, "unavailable");
  const ended = assertRejects(() => at.api.append(SUBJECT, bytes(1)), DariError, "does not answer");
  at.api[Symbol.dispose]();
  await ended;
  assertEquals(timers.count, 0);
});

Deno.test("JetStreamApi.append() tells what was not taken from what is not known", async () => {
  using timers = new FakeTimers();
  using at = world();
  await at.api.append(SUBJECT, bytes(1, 2));
  assertEquals(at.jetStream.kept.map(({ sequence, data }) => [sequence, data]), [[1, bytes(1, 2)]]);
  at.jetStream.answer = () => failure(10_077, "maximum bytes exceeded");
  await assertRejects(() => at.api.append(SUBJECT, bytes(3)), NotAppended, "maximum bytes");
  await assertRejects(
    () => at.api.append("nobody.listens", bytes(3)),
    NotAppended,
    "leads its stream",
  );
  at.jetStream.answer = () => null;
  const unknown = assertRejects(() => at.api.append(SUBJECT, bytes(4)), DariError);
  timers.advance(limits.storeWriteTimeoutMs);
  assert(!(await unknown instanceof NotAppended));
});

Deno.test("JetStreamApi.leaderHas() compares a message with the leader's", async () => {
  using at = world();
  at.jetStream.put(SUBJECT, bytes(1, 2, 3));
  const has = (sequence: number, ...data: number[]) =>
    at.api.leaderHas("orders", { sequence, atMs: 0, data: bytes(...data) });
  assertEquals(await has(1, 1, 2, 3), true);
  assertEquals([await has(1, 1, 2, 4), await has(1, 1, 2), await has(2, 1, 2, 3)], [
    false,
    false,
    false,
  ]);
  at.jetStream.answer = () => failure(10_008, "JetStream system temporarily unavailable");
  await assertRejects(() => has(1, 1, 2, 3), JetStreamError);
});
