import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { delay } from "../../../lib/base/abort.ts";
import { TransportError } from "../../../lib/base/errors.ts";
import { Balancer, type BalancerOptions } from "../../../lib/rpc/balance/balancer.ts";
import type { Target, Targets } from "../../../lib/rpc/balance/target.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import { FakeServer } from "../../support/far_end.ts";

/** A server of a set, which may be down. */
class Member extends FakeServer {
  isUp = true;
  readonly target: Target;

  constructor(address: string) {
    super(["drain"]);
    const down = new TransportError("unavailable", `${address} is down`);
    this.target = { address, dial: () => this.isUp ? this.dial() : Promise.reject(down) };
  }

  /** Takes the next request, and gives what answers it. */
  async next() {
    const { id, method } = await this.end.receive();
    return { method, answer: (result: unknown) => this.end.send({ id, result }) };
  }
}

function setUp(count: number, more: BalancerOptions = {}) {
  const members = Array.from({ length: count }, (_, n) => new Member(`${n}`));
  const options = {
    health: false,
    reconnect: { pauseMs: 1, maxPauseMs: 2 },
    ...more,
  } as const;
  const state = { targets: members.map(({ target }) => target), ttlMs: Infinity };
  const source = { isFixed: true, resolve: () => Promise.resolve<Targets>(state) };
  const balancer = new Balancer(source, options);
  return { members, balancer, client: new Client(options, balancer) };
}

const until = async (isSo: () => boolean) => {
  while (!isSo()) await delay(1);
};

Deno.test("what a server refuses because it stops goes to another one, and no caller sees it", async () => {
  const { members: [one, other], balancer, client } = setUp(2);
  assert(one !== undefined && other !== undefined);
  await client.ready();
  await until(() => balancer.status.servers.every(({ connections }) => connections === 1));
  const calls = Array.from({ length: 10 }, (_, n) => client.call("m", [n]));
  const stopping = { code: -32006, message: "stopping", data: { stopping: true } };
  const refusing = (async () => {
    for (;;) {
      const request = await one.end.receive();
      if (request === null) return;
      await one.end.send({ id: request.id, error: stopping });
    }
  })();
  const answering = (async () => {
    for (let n = 0; n < 10; n++) await (await other.next()).answer(n);
  })();
  await answering;
  assertEquals((await Promise.all(calls)).toSorted(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await client.close();
  await refusing;
});

Deno.test("calls that wait for a server leave in their order", async () => {
  const { members: [only], client } = setUp(1, { waitForReady: true });
  assert(only !== undefined);
  only.isUp = false;
  const calls = Array.from({ length: 5 }, (_, n) => client.call(`m${n}`));
  await until(() => client.status.state === "away");
  only.isUp = true;
  await until(() => only.ends.length > 0);
  for (let n = 0; n < 5; n++) {
    const { method, answer } = await only.next();
    assertEquals(method, `m${n}`);
    await answer(n);
  }
  assertEquals(await Promise.all(calls), [0, 1, 2, 3, 4]);
  await client.close();
});

Deno.test("a call right behind a break is answered by the server that is left", async () => {
  const { members: [one, other], balancer, client } = setUp(2);
  assert(one !== undefined && other !== undefined);
  await client.ready();
  await until(() => balancer.status.servers.every(({ connections }) => connections === 1));
  one.isUp = false;
  one.end.connection.abort();
  const calls = [client.call("a"), client.call("b"), client.call("c")];
  const settled = Promise.allSettled(calls);
  const answering = (async () => {
    for (;;) await (await other.next()).answer("other");
  })().catch(() => {}); // until the end
  // What was sent over the broken connection is not known to have run: it fails.
  const results = (await settled).map((each) =>
    each.status === "fulfilled" ? each.value : each.reason.code
  );
  assert(results.every((each) => each === "other" || each === "unavailable"), `${results}`);
  assertEquals(await client.call("d"), "other");
  await client.close();
  await answering;
});

Deno.test("streams and notifications go to the servers as calls do", async () => {
  const { members: [only], client } = setUp(1);
  assert(only !== undefined);
  await client.ready();
  const items = Array.fromAsync(client.stream("count"));
  const { id, method } = await only.end.receive();
  await only.end.send({ method: "rpc.item", params: { id, value: 1 } });
  await only.end.send({ id, result: null });
  assertEquals([method, await items], ["count", [1]]);
  await client.notify("tick");
  let request = await only.end.receive();
  while (request.method !== "tick") request = await only.end.receive();
  assertEquals(request.id, undefined);
  await client.close();
});

Deno.test("servers that are all avoided are used after all", async () => {
  const { members, balancer, client } = setUp(2, {
    outliers: { consecutiveErrors: 1, maxEjectionPercent: 100 },
  });
  await client.ready();
  await until(() => balancer.status.servers.every(({ connections }) => connections === 1));
  const [one, other] = members;
  assert(one !== undefined && other !== undefined);
  const refuse = async (member: Member) => {
    for (;;) {
      const request = await member.end.receive();
      if (request === null) return;
      const error = { code: -32006, message: `${member.target.address} is ill` };
      await member.end.send({ id: request.id, error });
    }
  };
  const refusing = [refuse(one), refuse(other)];
  for (let n = 0; n < 10; n++) {
    await assertRejects(() => client.call("m"), Error, "is ill");
  }
  assertEquals(balancer.status.servers.filter(({ isSetAside }) => isSetAside).length, 1);
  one.isUp = other.isUp = false;
  const wellIndex = balancer.status.servers.findIndex(({ isSetAside }) => !isSetAside);
  members[wellIndex]?.end.connection.abort();
  await until(() => balancer.status.servers[wellIndex]?.state === "away");
  await assertRejects(() => client.call("m"), Error, "is ill");
  await client.close();
  await Promise.all(refusing);
});

Deno.test("close() rejects what waits, for a server or for the first connection", async () => {
  const { members: [only], client } = setUp(1, { waitForReady: true });
  assert(only !== undefined);
  only.isUp = false;
  const waiting = [client.call("m"), client.ready(), client.notify("n")];
  const messages = waiting.map((each) => each.then(() => "", ({ message }) => message));
  const events = client.status.events();
  await until(() => client.status.state === "away");
  await Promise.all([client.close(), client.close()]);
  assertEquals(await Promise.all(messages), Array(3).fill("The client is closed"));
  assertEquals(client.status.state, "closed");
  await assertRejects(() => client.call("m"), TransportError, "The client is closed");
  await assertRejects(() => client.connect(), TransportError, "The client is closed");
  let last = await events.next();
  while (!last.done) last = await events.next();
});

Deno.test("close() while it is asked which servers there are connects to none", async () => {
  const member = new Member("late");
  const { promise, resolve } = Promise.withResolvers<Targets>();
  const source = { isFixed: true, resolve: () => promise };
  const client = new Client({}, new Balancer(source, {}));
  const connecting = client.connect().catch(({ message }) => message);
  await client.close();
  resolve({ targets: [member.target], ttlMs: Infinity });
  assertEquals([await connecting, member.ends.length], ["The client is closed", 0]);
});

Deno.test("ready() ends with its signal, and leaves the client as it is", async () => {
  const { members: [only], client } = setUp(1);
  assert(only !== undefined);
  only.isUp = false;
  const controller = new AbortController();
  const reason = new Error("enough");
  const waiting = assertRejects(() => client.ready({ signal: controller.signal }), Error);
  await until(() => client.status.state === "away");
  controller.abort(reason);
  assertStrictEquals(await waiting, reason);
  only.isUp = true;
  await client.ready();
  await client.close();
});

Deno.test("a server that is the only one is connected to with the next call, and not asked how it is", async () => {
  const { members: [only], client } = setUp(1, { health: undefined });
  assert(only !== undefined);
  await client.ready();
  only.end.connection.abort();
  await until(() => client.status.state === "away");
  await delay(10);
  assertEquals(only.ends.length, 1);
  const call = client.call("m");
  await until(() => only.ends.length === 2);
  const { method, answer } = await only.next();
  await answer("done");
  assertEquals([method, await call], ["m", "done"]);
  await client.close();
});

Deno.test("a server that is not alone any more is connected to by itself", async () => {
  const one = new Member("one"), other = new Member("other");
  let targets = [one.target];
  const source = { isFixed: false, resolve: () => Promise.resolve({ targets, ttlMs: 0 }) };
  const options = { health: false, reconnect: { pauseMs: 1, maxPauseMs: 2 } } as const;
  const client = new Client(options, new Balancer(source, options));
  await client.ready();
  targets = [one.target, other.target];
  one.end.connection.abort(); // and so it is asked again which servers there are
  await until(() => client.status.servers.filter(({ connections }) => connections > 0).length > 1);
  assertEquals([one.ends.length, other.ends.length], [2, 1]);
  await client.close();
});

Deno.test("a method that several servers call deprecated is told of once", async () => {
  const told: string[] = [];
  const { members, balancer, client } = setUp(2, {
    onDeprecated: (method, advice) => void told.push(`${method}: ${advice}`),
  });
  await client.ready();
  await until(() => balancer.status.servers.every(({ connections }) => connections === 1));
  const answering = members.map(async (member) => {
    for (;;) {
      const request = await member.end.receive();
      if (request === null) return;
      const meta = { deprecated: "use new" };
      await member.end.send({ id: request.id, result: member.target.address, meta });
    }
  });
  const seen = new Set<unknown>();
  while (seen.size < 2) seen.add(await client.call("old"));
  assertEquals(told, ["old: use new"]);
  await client.close();
  await Promise.all(answering);
});
