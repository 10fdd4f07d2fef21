import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "../../../lib/base/abort.ts";
import { type Identity, openIdentity } from "../../../lib/auth/mod.ts";
import { connect, type ConnectOptions } from "../../../lib/endpoint/connect.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import type { Client } from "../../../lib/rpc/client/client.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";
import { login, password } from "../../support/alice_server.ts";
import { PeerProcess } from "../../support/peer_process.ts";
import { tcpServerCommand } from "../../support/tcp_server.ts";

const methods = {
  wait: ({ ms }: { ms: number }) => delay(ms),
  who: (_params: unknown, { principal }: Context) => principal?.name,
};
type Methods = typeof methods;

async function startWithAlice(signInFailed = () => {}) {
  const store = createMemoryStore();
  const identity = await openIdentity(store, { passwords: { iterations: 4_096 } });
  await identity.accounts.add({ name: "alice", password });
  const server = await serve({
    listen: "tcp://127.0.0.1:0",
    methods,
    gate: identity.gate,
    observer: { signInFailed },
  });
  return {
    identity,
    server,
    address: server.addresses[0] ?? "",
    async [Symbol.asyncDispose]() {
      await server.close(0);
      identity[Symbol.dispose]();
      await store.close();
    },
  };
}

const sessionsOf = async ({ sessions }: Identity) => (await sessions.list("alice")).length;
const connectionsOf = (client: Client<Methods>) => client.status.servers[0]?.connections;
const small = { max: 3, callsEach: 2, idleMs: 30 };

Deno.test("connections are opened while all are busy, up to the most, and closed when idle", async () => {
  await using server = await serve({
    listen: "tcp://127.0.0.1:0",
    methods,
    public: ["wait"],
  });
  await using client = await connect<Methods>(server.addresses[0] ?? "", { connections: small });
  assertEquals(connectionsOf(client), 1);
  const calls: Promise<unknown>[] = [];
  while (connectionsOf(client) !== 3) {
    calls.push(client.call("wait", { ms: 100 }));
    await delay(1);
  }
  for (let n = 0; n < 20; n++) calls.push(client.call("wait", { ms: 50 }));
  await delay(5);
  assertEquals(connectionsOf(client), 3);
  await Promise.all(calls);
  while (connectionsOf(client) !== 1) await delay(5);
  await client.call("wait", { ms: 0 });
});

Deno.test("each connection signs in, and each session ends with its connection", async () => {
  await using test = await startWithAlice();
  const client = await connect<Methods>(test.address, { login, connections: small });
  const calls: Promise<unknown>[] = [];
  while (connectionsOf(client) !== 3) {
    calls.push(client.call("wait", { ms: 50 }));
    await delay(1);
  }
  assertEquals(await sessionsOf(test.identity), 3);
  await Promise.all(calls);
  while (connectionsOf(client) !== 1) await delay(5);
  while (await sessionsOf(test.identity) > 1) await delay(5);
  assertEquals(await client.call("who"), "alice");
  await client.close();
  assertEquals(await sessionsOf(test.identity), 0);
});

Deno.test("a client of several servers signs in to each, and again when one is back", async () => {
  await using one = await startWithAlice();
  await using two = await startWithAlice();
  const client = await connect<Methods>([one.address, two.address], {
    login,
    reconnect: { pauseMs: 5, maxPauseMs: 20 },
  });
  const bothConnected = () => client.status.servers.every(({ connections }) => connections === 1);
  while (!bothConnected()) await delay(1);
  assertEquals([await sessionsOf(one.identity), await sessionsOf(two.identity)], [1, 1]);
  await one.server.close();
  const again = await serve({ listen: one.address, methods, gate: one.identity.gate });
  while (!bothConnected()) await delay(1);
  for (let n = 0; n < 20; n++) assertEquals(await client.call("who"), "alice");
  await client.close();
  assertEquals(await sessionsOf(two.identity), 0);
  await again.close();
});

Deno.test("a wrong credential is told at once, and no attempts follow by themselves", async () => {
  let failures = 0;
  await using one = await startWithAlice(() => failures++);
  await using two = await startWithAlice(() => failures++);
  const wrong: ConnectOptions = {
    login: { ...login, password: "a wrong password" },
    lazy: true,
    reconnect: { pauseMs: 1, maxPauseMs: 2 },
  };
  await using client = await connect<Methods>([one.address, two.address], wrong);
  const error = await assertRejects(() => client.call("who"));
  assertEquals((error as { code?: string }).code, "unauthenticated");
  await delay(50);
  assertEquals(failures, 2);
});

Deno.test("while a server is frozen, new calls go to the others at once", async () => {
  const { command, args } = tcpServerCommand();
  await using process = new PeerProcess(command, args, { stdin: "piped" });
  const frozen = await process.line();
  await using other = await serve({
    listen: "tcp://127.0.0.1:0",
    methods: { who: { public: true, handler: () => "this process" } },
  });
  await using client = await connect([frozen, other.addresses[0] ?? ""], {
    lifeSignMs: 50,
    health: { intervalMs: 50, timeoutMs: 100 },
  });
  while (client.status.servers.some(({ connections }) => connections === 0)) await delay(1);
  Deno.kill(process.pid, "SIGSTOP");
  try {
    // An idempotent call is answered by the other server, wherever it was sent first.
    const first = await Promise.all(
      Array.from({ length: 10 }, () => client.call("who", undefined, { idempotent: true })),
    );
    assertEquals(new Set(first), new Set(["this process"]));
    while (client.status.servers[0]?.isServing) await delay(5);
    for (let n = 0; n < 20; n++) {
      assertEquals(await client.call("who", undefined, { timeoutMs: 10_000 }), "this process");
    }
  } finally {
    Deno.kill(process.pid, "SIGCONT");
  }
  const names = new Set<unknown>();
  while (names.size < 2) names.add(await client.call("who"));
  assert(names.has("the other process"));
});

Deno.test("numbers of connections that cannot be used are refused", async () => {
  for (const connections of [{ max: 0 }, { max: 1.5 }, { idleMs: 0 }, { callsEach: NaN }]) {
    await assertRejects(
      () => connect("tcp://127.0.0.1:1", { connections }),
      RangeError,
      "connections.",
    );
  }
});
