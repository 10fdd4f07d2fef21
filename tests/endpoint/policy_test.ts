import { assert, assertEquals } from "@std/assert";
import { type Gate, type Identity, openIdentity } from "../../lib/auth/mod.ts";
import { WorkerPool } from "../../lib/ipc/mod.ts";
import type { Context } from "../../lib/rpc/method/context.ts";
import type { MethodPool } from "../../lib/rpc/method/method.ts";
import { Server } from "../../lib/rpc/server/server.ts";
import { createMemoryStore } from "../../lib/store/mod.ts";
import type { Connection } from "../../lib/transport/connection.ts";
import { TestClock } from "../support/clock.ts";
import { PASSWORD, testIdentity } from "../support/identity.ts";
import { Wire } from "../support/rpc_pair.ts";
import { transports } from "../support/transports.ts";

const policy = {
  roles: { reader: ["read", "slow.read"], writer: ["*", "!slow.read"] },
};

/** Methods that write down what ran, here and in a worker. */
function recorded() {
  const ran: string[] = [];
  const run = (_params: unknown, { method, principal }: Context) =>
    void ran.push(`${method} by ${principal?.name}`);
  const slow = { worker: true, handler: run };
  return { ran, methods: { read: run, write: run, "slow.read": slow, "slow.write": slow } };
}

async function keysOf(identity: Identity) {
  const keys: Record<string, string> = {};
  for (const [name, role] of [["alice", "reader"], ["bob", "writer"]] as const) {
    await identity.accounts.add({ name, roles: [role] });
    keys[name] = (await identity.keys.create({ account: name, name: "key" })).text;
  }
  return keys as { alice: string; bob: string };
}

async function ask(connection: Connection, message: unknown) {
  await connection.send(`${JSON.stringify(message)}\n`);
  return JSON.parse(String(await connection.receive()));
}

const module = `data:text/javascript,
  export const methods = { "slow.read": () => "worked", "slow.write": () => "worked" };`;

for (const transport of transports) {
  Deno.test(`the policy is asked for every call of a batch, worker or not, over ${transport.name}`, async () => {
    await using store = createMemoryStore();
    using identity = await openIdentity(store, { policy, localTransports: [] });
    const keys = await keysOf(identity);
    const { ran, methods } = recorded();
    await using workers = new WorkerPool({ module, workers: 1 });
    const pool: MethodPool = {
      call(method, params, options) {
        ran.push(`${method} in a worker`);
        return workers.call(method, params, options);
      },
    };
    await using server = new Server({ methods, pool, gate: identity.gate });
    await using pair = await transport.connect();
    const attached = server.attach(pair.far);
    const { near } = pair;
    const params = { token: keys.alice };
    await ask(near, { jsonrpc: "2.0", id: 0, method: "rpc.authenticate", params });
    const calls = [
      ["read"],
      ["write"],
      ["slow.read"],
      ["slow.write"],
      ["read", keys.bob],
      ["slow.read", keys.bob],
      ["slow.write", keys.bob],
      ["read", `${keys.bob}x`],
    ] as const;
    const requests = calls.map(([method, auth], id) => ({ jsonrpc: "2.0", id, method, auth }));
    const unheard = requests.map(({ id: _, ...notification }) => notification);
    const replies = await ask(near, [...unheard, ...requests]);
    const outcomes = replies.sort((a: { id: number }, b: { id: number }) => a.id - b.id)
      .map(({ error, result }: { error?: { code: number }; result?: unknown }) =>
        error?.code ?? result
      );
    assertEquals(outcomes, [null, -32002, "worked", -32002, null, -32002, "worked", -32001]);
    assertEquals(ran.sort(), [
      ...["read by alice", "read by alice"],
      ...["read by bob", "read by bob"],
      ...["slow.read in a worker", "slow.read in a worker"],
      ...["slow.write in a worker", "slow.write in a worker"],
    ]);
    near.abort();
    await attached;
  });
}

Deno.test("the calls of one chunk are judged by one look at the clock, later ones by another", async () => {
  const moments: (number | undefined)[] = [];
  await using test = await testIdentity();
  const { gate } = test.identity;
  const clock = new TestClock();
  const ticking = {
    monotonic: () => clock.monotonic(),
    now: () => (clock.advance(1), clock.now()),
  };
  const counting: Gate = {
    ...gate,
    authorize(principal, method, now) {
      moments.push(now);
      gate.authorize(principal, method, now);
    },
  };
  await using wire = await Wire.open({ add: () => 1 }, { gate: counting, clock: ticking });
  const lines = (calls: number) =>
    Array.from({ length: calls }, (_, id) => `{"jsonrpc":"2.0","id":${id},"method":"add"}`);
  await wire.send(lines(3).join("\n"));
  await wire.settled();
  await wire.send(lines(2).join("\n"));
  await wire.settled();
  const [first, second] = [moments[0], moments[3]];
  assertEquals(moments, [first, first, first, second, second]);
  assert(first !== undefined && second !== undefined && second > first);
});

Deno.test("a session that ends is refused from its last moment on, on an open connection", async () => {
  await using test = await testIdentity({ localTransports: [], sessions: { maxMs: 60_000 } });
  const { clock, identity: { gate } } = test;
  await using wire = await Wire.open({ add: () => 1 }, { gate, clock });
  const call = { jsonrpc: "2.0", id: 1, method: "add" };
  const params = { username: "alice", password: PASSWORD };
  await wire.ask({ ...call, method: "rpc.login", params });
  assertEquals((await wire.ask(call)).result, 1);
  clock.advance(59_999);
  assertEquals((await wire.ask(call)).result, 1);
  clock.advance(1);
  assertEquals((await wire.ask(call)).error.code, -32001);
});
