import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { kinds, worded, wordsOf } from "../../../lib/cluster/stream/frame.ts";
import { StreamTable } from "../../../lib/cluster/stream/stream_table.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { MemoryHub } from "../../support/memory_bus.ts";
import { turns } from "../../support/transport_contract.ts";

Deno.test("subject() gives another one each time, beneath the table's", () => {
  using table = new StreamTable(new MemoryHub().connect(), "here");
  const [first, second] = [table.subject(), table.subject()];
  assertNotEquals(first, second);
  assertEquals(/^here\.[\w-]{22}$/.test(first), true);
});

Deno.test("what comes for a stream that is being opened is heard by who expects it", async () => {
  const hub = new MemoryHub();
  using table = new StreamTable(hub.connect(), "here");
  const heard: string[] = [];
  const subject = table.subject();
  table.expect(subject, ({ data }) => heard.push(wordsOf(data)));
  hub.connect().publish(subject, worded(kinds.opened, "there"));
  await turns(1);
  table.forget(subject);
  hub.connect().publish(subject, worded(kinds.opened, "again"));
  await turns(1);
  assertEquals(heard, ["there"]);
});

Deno.test("a message for a stream that is not known is answered with a cut, and a cut is not", async () => {
  const hub = new MemoryHub();
  using table = new StreamTable(hub.connect(), "here");
  const answers: (number | undefined)[] = [];
  const other = hub.connect();
  using _heard = other.subscribe("answers", ({ data }) => answers.push(data[0]));
  other.publish(table.subject(), worded(kinds.probe), "answers");
  other.publish(table.subject(), worded(kinds.cut, "over"), "answers");
  other.publish(table.subject(), worded(kinds.probe));
  await turns(1);
  assertEquals(answers, [kinds.cut]);
});

Deno.test("every stream fails when the way to NATS breaks, and when the table is disposed of", async () => {
  const hub = new MemoryHub();
  const bus = hub.connect();
  let empty = 0;
  using table = new StreamTable(bus, "here", { onEmpty: () => empty++ });
  const first = table.open(table.subject(), "there");
  bus.lose("the server went away");
  await assertRejects(() => first.read(new Uint8Array(1)), Error, "the server went away");
  assertEquals([table.size, empty], [0, 1]);
  const second = table.open(table.subject(), "there");
  table[Symbol.dispose]();
  await assertRejects(() => second.read(new Uint8Array(1)), Error, "closed its connection");
});

Deno.test("streams that are silent for natsProbeMs are asked about, until the table is disposed of", () => {
  using timers = new FakeTimers();
  const hub = new MemoryHub();
  using table = new StreamTable(hub.connect(), "here");
  table.open(table.subject(), "there");
  timers.advance(2 * limits.natsProbeMs - 1);
  assertEquals(hub.published.length, 0); // it was opened a moment ago
  timers.advance(1);
  assertEquals(hub.published.map(({ subject }) => subject), ["there"]);
  table[Symbol.dispose]();
  assertEquals(timers.count, 0);
});

Deno.test("who may not subscribe hears why", () => {
  const bus = new MemoryHub().connect();
  bus.forbidden.push("here.*");
  const reasons: string[] = [];
  using _table = new StreamTable(bus, "here", { onRefused: (reason) => reasons.push(reason) });
  assertEquals(reasons, ["it is not permitted"]);
});
