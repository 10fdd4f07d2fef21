import { assertEquals } from "@std/assert";
import type { Principal } from "../../lib/auth/policy/principal.ts";
import { DariError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import { type ProxyOptions, type ProxyRecord, ServiceProxy } from "../../lib/proxy/proxy.ts";
import type { Listener } from "../../lib/transport/connection.ts";
import type { PeerStream } from "../../lib/transport/peer_stream.ts";
import { type FarStream, farStream } from "../support/byte_streams.ts";
import { TestClock } from "../support/clock.ts";
import { soon } from "../support/mutual_tls.ts";

const ALICE: Principal = { name: "alice", kind: "certificate", roles: ["user"], credentialId: "1" };

/** A proxy in front of a service in memory, whose gate the test controls. */
function startProxy(options: Partial<ProxyOptions> = {}) {
  const clients: PeerStream[] = [];
  let wakeListener = () => {};
  let isListening = true;
  const listener: Listener<PeerStream> = {
    address: "test",
    close() {
      isListening = false;
      wakeListener();
    },
    async *[Symbol.asyncIterator]() {
      while (isListening) {
        const next = clients.shift();
        if (next !== undefined) yield next;
        else await new Promise<void>((resolve) => wakeListener = resolve);
      }
    },
  };
  const services: FarStream[] = [];
  const records: ProxyRecord[] = [];
  let wakeRecord = () => {};
  let denial: DariError | undefined;
  const asked: unknown[] = [];
  let revoked: (principal: Principal) => void = () => {};
  const proxy = new ServiceProxy({
    name: "db",
    clock: new TestClock(),
    dial() {
      const service = farStream("db");
      services.push(service);
      return Promise.resolve(service.stream);
    },
    gate: {
      identify: () => Promise.resolve(ALICE),
      authorize(principal, method, _now, isAdminMethod) {
        asked.push([principal?.name, method, isAdminMethod]);
        if (denial !== undefined) throw denial;
      },
      onRevoked(listener) {
        revoked = listener;
        return () => revoked = () => {};
      },
    },
    record(record) {
      records.push(record);
      wakeRecord();
    },
    ...options,
  });
  proxy.listen(listener);
  return {
    proxy,
    services,
    records,
    asked,
    connect(address = "client"): FarStream {
      const client = farStream(address);
      clients.push(client.stream);
      wakeListener();
      return client;
    },
    deny: (reason: string) => denial = new DariError("permission_denied", reason),
    revoke: () => revoked(ALICE),
    async record(count: number): Promise<ProxyRecord> {
      while (records.length < count) {
        await soon(new Promise<void>((resolve) => wakeRecord = resolve));
      }
      return records[count - 1]!;
    },
    async service(count: number): Promise<FarStream> {
      while (services.length < count) await Promise.resolve();
      return services[count - 1]!;
    },
  };
}

Deno.test("a proxy passes on who has the right proxy:NAME, which is administrative, and records it", async () => {
  const test = startProxy();
  await using _proxy = test.proxy;
  const client = test.connect("192.0.2.1:5000");
  client.push("select 1");
  client.push(null);
  const service = await test.service(1);
  service.push("1");
  service.push(null);
  assertEquals(await test.record(1), {
    name: "db",
    peer: "192.0.2.1:5000",
    principal: "alice",
    outcome: "ended",
    durationMs: 0,
    bytesIn: 8,
    bytesOut: 1,
    fault: undefined,
  });
  assertEquals(test.asked[0], ["alice", "proxy:db", true]);
  assertEquals([client.written, service.written], [["1"], ["select 1"]]);
});

Deno.test("who may not pass never reaches the service", async () => {
  const test = startProxy();
  await using _proxy = test.proxy;
  test.deny('You may not call "proxy:db"');
  const client = test.connect();
  const { outcome, fault } = await test.record(1);
  assertEquals([outcome, fault], ["denied", 'You may not call "proxy:db"']);
  assertEquals([test.services.length, client.closed()], [0, true]);
});

Deno.test("where nobody can say who connects, the connection is refused", async () => {
  const test = startProxy({
    gate: {
      identify: () => Promise.reject(new DariError("unavailable", "the store is gone")),
      authorize: () => {},
      onRevoked: () => () => {},
    },
  });
  await using _proxy = test.proxy;
  test.connect();
  const { outcome, fault, principal } = await test.record(1);
  assertEquals([outcome, fault, principal], ["refused", "the store is gone", null]);
  assertEquals(test.services.length, 0);
});

Deno.test("who loses the credential or the right is cut", async () => {
  const test = startProxy();
  await using _proxy = test.proxy;
  test.connect();
  await test.service(1);
  test.revoke();
  assertEquals((await test.record(1)).fault, "the credential was revoked");
  test.connect();
  await test.service(2);
  test.deny("no more");
  test.proxy.recheck();
  assertEquals((await test.record(2)).fault, "the right has ended");
});

Deno.test("a proxy refuses connections beyond its bound, and takes others once some have ended", async () => {
  const test = startProxy({ maxConnections: 2 });
  await using _proxy = test.proxy;
  const clients = [test.connect(), test.connect(), test.connect()];
  const refused = await test.record(1);
  assertEquals([refused.outcome, refused.fault], ["refused", "2 connections are open"]);
  assertEquals(clients.map((client) => client.closed()), [false, false, true]);
  const service = await test.service(2);
  clients[1]!.push(null);
  service.push(null);
  assertEquals((await test.record(2)).outcome, "ended");
  const another = test.connect();
  await test.service(3);
  assertEquals(another.closed(), false);
  await test.proxy.close(0);
});

Deno.test("a proxy without a bound of its own takes maxProxyConnections, and no more", async () => {
  const test = startProxy();
  await using _proxy = test.proxy;
  for (let count = 0; count < limits.maxProxyConnections; count++) test.connect();
  await test.service(limits.maxProxyConnections);
  assertEquals([test.proxy.connections, test.records.length], [limits.maxProxyConnections, 0]);
  test.connect();
  assertEquals((await test.record(1)).outcome, "refused");
  await test.proxy.close(0);
});

Deno.test("a service that cannot be reached, or not in time, ends the connection and is recorded", async () => {
  const late = Promise.withResolvers<PeerStream>();
  const dials = [() => Promise.reject(new Error("nothing listens there")), () => late.promise];
  const test = startProxy({ dial: () => dials.shift()!(), connectTimeoutMs: 5 });
  await using _proxy = test.proxy;
  const first = test.connect();
  const refused = await test.record(1);
  assertEquals([refused.outcome, refused.fault], ["unreachable", "nothing listens there"]);
  assertEquals(first.closed(), true);
  test.connect();
  assertEquals((await test.record(2)).fault, "No connection within 5 ms");
  // One that comes too late is not kept.
  const service = farStream();
  late.resolve(service.stream);
  await late.promise.then(() => {});
  assertEquals(service.closed(), true);
});

Deno.test("a proxy that stops lets open connections end, and cuts those that take too long", async () => {
  const test = startProxy();
  const client = test.connect();
  const service = await test.service(1);
  const closing = test.proxy.close(60_000);
  client.push(null);
  service.push(null);
  assertEquals(await closing, 0);
  assertEquals((await test.record(1)).outcome, "ended");

  const other = startProxy();
  const stays = other.connect();
  await other.service(1);
  assertEquals(await other.proxy.close(0), 1);
  assertEquals(stays.closed(), "the proxy has stopped");
  assertEquals((await other.record(1)).fault, "the proxy has stopped");
});
