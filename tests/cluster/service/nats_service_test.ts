import { assertEquals, assertMatch } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { NatsService } from "../../../lib/cluster/service/nats_service.ts";
import { kinds, numbered, worded, wordsOf } from "../../../lib/cluster/stream/frame.ts";
import type { NatsStream } from "../../../lib/cluster/stream/nats_stream.ts";
import { MemoryHub } from "../../support/memory_bus.ts";
import { turns } from "../../support/transport_contract.ts";

function start(hub = new MemoryHub(), maxStreams = 2, forbidden: string[] = []) {
  const bus = hub.connect();
  bus.forbidden.push(...forbidden);
  const taken: { stream: NatsStream; from: string }[] = [];
  const refused: string[] = [];
  const reasons: string[] = [];
  const service = new NatsService(bus, {
    service: "orders",
    description: "",
    maxStreams,
    onStream: (stream, from) => taken.push({ stream, from }),
    onRefused: (from, reason) => refused.push(`${from}: ${reason}`),
    onForbidden: (reason) => reasons.push(reason),
  });
  return { hub, service, taken, refused, reasons };
}

/** Introduces a client, and gives what it is answered. */
async function introduce(hub: MemoryHub, subject: string, message = worded(kinds.open)) {
  const client = hub.connect();
  const answers: Uint8Array[] = [];
  const reply = "_INBOX.alice.x";
  using _heard = client.subscribe(reply, ({ data, isNobody }) => isNobody || answers.push(data));
  client.publish(subject, message, reply);
  await turns(1);
  return answers;
}

/** Says the first word on the subject that a client was told. */
async function say(hub: MemoryHub, [answer]: readonly Uint8Array[]) {
  hub.connect().publish(wordsOf(answer!), numbered(kinds.data, 0, new Uint8Array([1])));
  await turns(1);
}

Deno.test("a client is taken, told where to write to, and known by the name of its inbox", async () => {
  const { hub, service, taken } = start();
  using _service = service;
  for (const subject of ["dari.orders.open", `dari.orders.open.${service.instance}`]) {
    const answers = await introduce(hub, subject);
    const [answer] = answers;
    assertEquals(answer?.[0], kinds.opened);
    await say(hub, answers);
    assertMatch(
      wordsOf(answer!),
      new RegExp(`^dari\\.orders\\.io\\.${service.instance}\\.[\\w-]+$`),
    );
  }
  assertEquals(taken.map(({ from }) => from), ["alice", "alice"]);
});

Deno.test("one server of several takes a client", async () => {
  const hub = new MemoryHub();
  const first = start(hub), second = start(hub);
  using _first = first.service;
  using _second = second.service;
  const answers = await introduce(hub, "dari.orders.open");
  assertEquals(answers.length, 1);
  await say(hub, answers);
  assertEquals(first.taken.length + second.taken.length, 1);
});

Deno.test("a client that is one too many, or speaks something else, is told so", async () => {
  const { hub, service, refused } = start(new MemoryHub(), 1);
  using _service = service;
  await introduce(hub, "dari.orders.open");
  const [full] = await introduce(hub, "dari.orders.open");
  assertEquals([full?.[0], wordsOf(full!)], [kinds.cut, "1 connections are open"]);
  const [strange] = await introduce(hub, "dari.orders.open", new TextEncoder().encode("hello"));
  assertEquals(strange?.[0], kinds.cut);
  assertEquals(refused, [
    "alice: 1 connections are open",
    "alice: it speaks another protocol than dari/1",
  ]);
});

Deno.test("close() takes no further clients, and keeps the streams until the service is disposed of", async () => {
  const { hub, service, taken } = start();
  await say(hub, await introduce(hub, "dari.orders.open"));
  service.close();
  assertEquals(await introduce(hub, "dari.orders.open"), []);
  assertEquals(await introduce(hub, `dari.orders.open.${service.instance}`), []);
  const { stream } = taken[0]!;
  assertEquals(await stream.write(new Uint8Array(1)), 1);
  service[Symbol.dispose]();
  assertEquals(await stream.write(new Uint8Array(1)).catch(() => "over"), "over");
});

Deno.test("a client that says nothing is cut after the time for a handshake", async () => {
  const { hub, service, taken } = start();
  using _service = service;
  using timers = new FakeTimers();
  const cut: string[] = [];
  using _heard = hub.connect().subscribe("_INBOX.bob.x", ({ data }) => {
    if (data[0] === kinds.cut) cut.push(wordsOf(data));
  });
  hub.connect().publish("dari.orders.open", worded(kinds.open), "_INBOX.bob.x");
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  timers.advance(limits.handshakeTimeoutMs - 1);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  assertEquals(cut.length, 0);
  timers.advance(1);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  assertEquals([cut.length, taken.length], [1, 0]);
});

Deno.test("of clients that say nothing, maxHandshakes keep their place: the oldest loses it", async () => {
  const { hub, service } = start(new MemoryHub(), limits.maxHandshakes + 10);
  using _service = service;
  const cut: string[] = [];
  using _heard = hub.connect().subscribe("_INBOX.bob.*", ({ subject, data }) => {
    if (data[0] === kinds.cut) cut.push(subject);
  });
  const client = hub.connect();
  for (let n = 0; n < limits.maxHandshakes; n++) {
    client.publish("dari.orders.open", worded(kinds.open), `_INBOX.bob.${n}`);
  }
  await turns(1);
  assertEquals(cut, []);
  client.publish("dari.orders.open", worded(kinds.open), "_INBOX.bob.last");
  await turns(1);
  assertEquals(cut, ["_INBOX.bob.0"]);
});

Deno.test("a NATS server that does not permit the service is told of", () => {
  const { service, reasons } = start(new MemoryHub(), 1, ["dari.orders.open"]);
  using _service = service;
  assertEquals(reasons, ["it is not permitted"]);
});
