import { assertEquals, assertRejects } from "@std/assert";
import { setImmediate } from "node:timers";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { JetStreamApi, JetStreamError } from "../../../lib/cluster/log/jetstream_api.ts";
import { JetStreamLog } from "../../../lib/cluster/log/jetstream_log.ts";
import { ensureStream } from "../../../lib/cluster/log/stream_config.ts";
import type { LogMessage, LogPlace } from "../../../lib/cluster/log/log.ts";
import { logStream, logSubject } from "../../../lib/cluster/subjects.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { MemoryHub } from "../../support/memory_bus.ts";
import { MemoryJetStream } from "../../support/memory_jetstream.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = ({ data }: LogMessage) => new TextDecoder().decode(data);

function world() {
  const stack = new DisposableStack();
  const hub = new MemoryHub();
  const stream = logStream("orders", "store");
  const jetStream = new MemoryJetStream(hub, stream, logSubject("orders", "store"));
  const bus = hub.connect();
  const api = stack.use(new JetStreamApi(bus));
  const log = new JetStreamLog(bus, api, "orders", "store");
  return { hub, jetStream, bus, api, log, [Symbol.dispose]: () => stack.dispose() };
}

const read = async (log: JetStreamLog, place: Exclude<LogPlace, "live">) =>
  (await Array.fromAsync(log.read(place))).map(text);

Deno.test("JetStreamLog keeps what is followed, marks, and each snapshot's pieces apart", async () => {
  using at = world();
  const { log } = at;
  await log.append("live", bytes("one"));
  await log.append({ snapshot: 1 }, bytes("piece of 1"));
  await log.append("mark", bytes("mark"));
  await log.append({ snapshot: 12 }, bytes("piece of 12"));
  await log.append("live", bytes("two"));
  assertEquals(await read(log, "mark"), ["mark"]);
  assertEquals(await read(log, { snapshot: 1 }), ["piece of 1"]);
  assertEquals(await read(log, { snapshot: 3 }), []);
  const heard: [number, string][] = [];
  const done = Promise.withResolvers<void>();
  using _following = log.follow(1, (message) => {
    heard.push([message.sequence, text(message)]);
    if (heard.length === 2) done.resolve();
  });
  await done.promise;
  assertEquals(heard, [[3, "mark"], [5, "two"]]);
});

Deno.test("JetStreamLog.remove() removes up to a message, and that one", async () => {
  using at = world();
  await ensureStream(at.api, "orders", "store", 0);
  for (const each of ["one", "two", "three"]) await at.log.append("mark", bytes(each));
  await at.log.remove(2);
  assertEquals(await read(at.log, "mark"), ["three"]);
});

Deno.test("JetStreamLog.remove() asks for each message, a bounded number at once, and passes over those that are gone", async () => {
  using at = world();
  const { jetStream, log } = at;
  await ensureStream(at.api, "orders", "store", 0);
  const count = 3 * limits.storeRemovalsAtOnce;
  for (let n = 0; n < count; n++) await log.append("live", bytes(`${n}`));
  jetStream.kept.splice(5, 2);
  const removals = () => jetStream.asked.filter(({ verb }) => verb === "STREAM.MSG.DELETE").length;
  jetStream.answer = (verb) => verb === "STREAM.MSG.DELETE" ? null : undefined;
  const removing = log.remove(count - 1).catch(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  assertEquals(removals(), limits.storeRemovalsAtOnce);
  at.api[Symbol.dispose]();
  await removing;

  jetStream.answer = () => undefined;
  using api = new JetStreamApi(at.bus);
  await new JetStreamLog(at.bus, api, "orders", "store").remove(count - 1);
  assertEquals(jetStream.kept.map(({ sequence }) => sequence), [count]);
});

Deno.test("JetStreamLog.remove() leaves the rest where one cannot be removed", async () => {
  using at = world();
  await ensureStream(at.api, "orders", "store", 0);
  for (let n = 0; n < 2 * limits.storeRemovalsAtOnce; n++) {
    await at.log.append("live", bytes(`${n}`));
  }
  at.jetStream.answer = (verb) =>
    verb === "STREAM.MSG.DELETE" ? { error: { err_code: 10_109, description: "no" } } : undefined;
  await assertRejects(() => at.log.remove(2 * limits.storeRemovalsAtOnce), JetStreamError, "no");
});

Deno.test("JetStreamLog.read() gives up where the NATS servers do not answer", async () => {
  using timers = new FakeTimers();
  using at = world();
  at.jetStream.answer = () => null;
  const reading = assertRejects(() => read(at.log, "mark"), DariError, "try again");
  await new Promise((resolve) => setImmediate(resolve));
  timers.advance(limits.storeAskTimeoutMs);
  assertEquals((await reading).code, "unavailable");
});

Deno.test("JetStreamLog takes messages as long as the NATS server says", () => {
  using at = world();
  at.bus.maxPayloadBytes = 4_096;
  assertEquals(at.log.maxMessageBytes, 4_096);
});

Deno.test("JetStreamLog is unavailable while JetStream refuses to say what it has", async () => {
  using at = world();
  await at.log.append("live", bytes("one"));
  at.jetStream.answer = () => ({
    error: { err_code: 10_008, description: "JetStream system temporarily unavailable" },
  });
  const message = { sequence: 1, atMs: 0, data: bytes("one") };
  for (const ask of [() => at.log.ends(), () => at.log.has(message)]) {
    const error = await assertRejects(ask, DariError, "temporarily unavailable; try again");
    assertEquals([error.code, error.retryable], ["unavailable", true]);
  }
});

Deno.test("JetStreamLog.has() compares with what the leader has, or had before it was removed", async () => {
  using at = world();
  await ensureStream(at.api, "orders", "store", 0);
  for (const each of ["one", "two"]) await at.log.append("live", bytes(each));
  const has = (sequence: number, data: string) =>
    at.log.has({ sequence, atMs: 0, data: bytes(data) });
  assertEquals([await has(1, "one"), await has(1, "other"), await has(3, "three")], [
    ...[true, false],
    false,
  ]);
  await at.log.remove(1);
  assertEquals([await has(1, "one"), await has(2, "two")], [true, true]);
});

Deno.test("JetStreamLog.hasOnlyPieces() knows pieces, and what was removed, from everything else", async () => {
  using at = world();
  await ensureStream(at.api, "orders", "store", 0);
  const { log } = at;
  await log.append("live", bytes("one"));
  for (let piece = 0; piece < 3; piece++) await log.append({ snapshot: 1 }, bytes("piece"));
  await log.append("live", bytes("two"));
  await log.append("mark", bytes("mark"));
  await log.append("live", bytes("three"));
  assertEquals(await Promise.all([log.hasOnlyPieces(1, 2), log.hasOnlyPieces(1, 5)]), [true, true]);
  assertEquals(await Promise.all([log.hasOnlyPieces(1, 6), log.hasOnlyPieces(5, 7)]), [
    ...[false, false],
  ]);
  await log.remove(5);
  assertEquals(await log.hasOnlyPieces(1, 6), true);
});
