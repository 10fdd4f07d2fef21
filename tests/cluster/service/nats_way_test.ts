import { assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { NatsService } from "../../../lib/cluster/service/nats_service.ts";
import { NatsWay } from "../../../lib/cluster/service/nats_way.ts";
import { kinds, worded } from "../../../lib/cluster/stream/frame.ts";
import type { NatsStream } from "../../../lib/cluster/stream/nats_stream.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { type MemoryBus, MemoryHub } from "../../support/memory_bus.ts";

const never = new AbortController().signal;

function start(hub: MemoryHub) {
  const taken: NatsStream[] = [];
  const service = new NatsService(hub.connect(), {
    service: "orders",
    description: "",
    maxStreams: 10,
    onStream: (stream) => taken.push(stream),
    onRefused: () => {},
    onForbidden: () => {},
  });
  return { service, taken };
}

function wayOf(hub: MemoryHub, forbidden: string[] = []) {
  const opened: MemoryBus[] = [];
  const way = new NatsWay(() => {
    const bus = hub.connect(`_INBOX.client${opened.length}`);
    bus.forbidden.push(...forbidden);
    opened.push(bus);
    return Promise.resolve(bus);
  });
  return { way, opened };
}

/** Lets promises settle while time stands still. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

Deno.test("open() opens a stream to any server of a service, or to one of them", async () => {
  const hub = new MemoryHub();
  const first = start(hub), second = start(hub);
  using _first = first.service;
  using _second = second.service;
  const { way, opened } = wayOf(hub);
  const any = await way.open({ service: "orders" }, never);
  const one = await way.open({ service: "orders", instance: second.service.instance }, never);
  // A server takes a client at its first word.
  await any.write(new Uint8Array([4]));
  await one.write(new Uint8Array([5]));
  await settle();
  assertEquals([first.taken.length, second.taken.length, opened.length], [1, 1, 1]);
  const byte = new Uint8Array(1);
  await second.taken[0]!.read(byte);
  assertEquals(byte[0], 5);
  any.close();
  one.close();
});

Deno.test("open() says that nobody offers the service, or why a server refuses", async () => {
  const hub = new MemoryHub();
  const { way } = wayOf(hub);
  const nobody = await assertRejects(() => way.open({ service: "orders" }, never), TransportError);
  assertEquals([nobody.code, nobody.message.includes('No server offers "orders"')], [
    "unavailable",
    true,
  ]);
  using _server = hub.connect().subscribe("dari.orders.open", ({ reply }) => {
    hub.connect().publish(reply, worded(kinds.cut, "it is full"));
  });
  await assertRejects(() => way.open({ service: "orders" }, never), TransportError, "it is full");
});

Deno.test("open() ends with its signal, and when the way to NATS breaks", async () => {
  const hub = new MemoryHub();
  using _deaf = hub.connect().subscribe("dari.orders.open", () => {});
  const { way, opened } = wayOf(hub);
  const controller = new AbortController();
  const opening = way.open({ service: "orders" }, controller.signal);
  await settle();
  controller.abort(new Error("no longer"));
  await assertRejects(() => opening, Error, "no longer");
  const second = way.open({ service: "orders" }, never);
  const refused = assertRejects(() => second, TransportError, "it fell over");
  await settle();
  opened[0]!.lose("it fell over");
  await refused;
  await assertRejects(
    () => way.open({ service: "orders" }, never),
    TransportError,
    "at the moment",
  );
});

Deno.test("what the NATS server forbids is said, and is not tried again", async () => {
  const hub = new MemoryHub();
  for (const subject of ["dari.orders.open", "_INBOX.client0.*"]) {
    const { way } = wayOf(hub, [subject]);
    const error = await assertRejects(() => way.open({ service: "orders" }, never), TransportError);
    assertEquals([error.retryable, error.message.includes("dari nats config")], [false, true]);
  }
});

Deno.test("a question that the NATS server forbids is said at once", async () => {
  const { way } = wayOf(new MemoryHub(), ["$SRV.PING.orders"]);
  await assertRejects(() => way.discover("orders", never), TransportError, "dari nats config");
});

Deno.test("discover() gives the servers that answer within natsDiscoverQuietMs of each other", async () => {
  using timers = new FakeTimers();
  const hub = new MemoryHub();
  const first = start(hub), second = start(hub);
  using _first = first.service;
  using _second = second.service;
  using _garbage = hub.connect().subscribe("$SRV.PING.orders", ({ reply }) => {
    for (const text of ["no JSON", '{"name":"others","id":"x"}', '{"name":"orders","id":"a b"}']) {
      hub.connect().publish(reply, new TextEncoder().encode(text));
    }
  });
  const { way } = wayOf(hub);
  let found: string[] | undefined;
  const finding = way.discover("orders", never).then((ids) => found = ids);
  await settle();
  timers.advance(limits.natsDiscoverQuietMs - 1);
  await settle();
  assertEquals(found, undefined);
  timers.advance(1);
  await finding;
  assertEquals(found?.toSorted(), [first.service.instance, second.service.instance].toSorted());
});

Deno.test("discover() says at once that nobody is there, and after natsDiscoverMs that nobody answers", async () => {
  using timers = new FakeTimers();
  const hub = new MemoryHub();
  const { way } = wayOf(hub);
  await assertRejects(() => way.discover("orders", never), TransportError, "No server offers");
  using _deaf = hub.connect().subscribe("$SRV.PING.orders", () => {});
  const refused = assertRejects(() => way.discover("orders", never), TransportError, "No server");
  await settle();
  timers.advance(limits.natsDiscoverMs);
  await refused;
});

Deno.test("the connection to NATS ends natsLingerMs after the last stream, and is made anew", async () => {
  using timers = new FakeTimers();
  const hub = new MemoryHub();
  const { service } = start(hub);
  using _service = service;
  const { way, opened } = wayOf(hub);
  const stream = await way.open({ service: "orders" }, never);
  timers.advance(10 * limits.natsLingerMs);
  await settle();
  assertEquals(opened[0]?.isClosed, false);
  stream.close();
  await settle();
  timers.advance(limits.natsLingerMs - 1);
  await settle();
  assertEquals(opened[0]?.isClosed, false);
  timers.advance(1);
  await settle();
  assertEquals(opened[0]?.isClosed, true);
  await way.open({ service: "orders" }, never);
  assertEquals(opened.length, 2);
});
