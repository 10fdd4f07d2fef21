import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError, RpcError, TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { connect, type ConnectOptions } from "../../../lib/endpoint/connect.ts";
import { serve, type ServeOptions } from "../../../lib/endpoint/serve.ts";
import { Segment } from "../../../lib/ipc/segment/segment.ts";
import type { Client } from "../../../lib/rpc/client/client.ts";
import type { Server } from "../../../lib/rpc/server/server.ts";
import { methods as shared } from "../../support/memory_peer.ts";
import { hasPython } from "../../support/python.ts";
import { PeerProcess } from "../../support/peer_process.ts";
import { isLinux, mappedMemory } from "../../support/segments.ts";
import { tempDirectory } from "../../support/temp.ts";

const methods = {
  ...shared,
  fail: () => {
    throw new TypeError("not told");
  },
  async *count({ to }: { to: number }) {
    for (let n = 1; n <= to; n++) yield n;
  },
};
type Methods = typeof methods;

async function start(options: Partial<ServeOptions> = {}) {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await tempDirectory());
  const listen = `unix:${path}/s`;
  const names = Object.keys(methods);
  const server = stack.use(await serve({ listen, methods, public: names, data: path, ...options }));
  const kept = stack.move();
  return { path: `${path}/s`, server, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Makes as many calls as it takes to move, long ones that do so while no core is free. */
async function callOften(client: Client<Methods>): Promise<void> {
  const value = new Uint8Array(4 * limits.minMemoryWriteBytes);
  for (let a = 0; a <= 2 * limits.readsBeforeSharing; a++) {
    assertEquals(await client.call("add", { a, b: 1 }), a + 1);
    assertEquals((await client.call("echo", { value })).length, value.length);
  }
}

function sharing(server: Server): (boolean | undefined)[] {
  return server.openConnections.map(({ peer }) => peer.sharesMemory);
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !isLinux, fn });
}

test("a connection that makes a few calls moves into memory, and one that makes one does not", async () => {
  await using place = await start();
  {
    await using client = await connect<Methods>(`unix:${place.path}`);
    await client.call("add", { a: 1, b: 2 });
    assertEquals(sharing(place.server), [false]);
    await callOften(client);
    assertEquals(sharing(place.server), [true]);
    assertEquals(
      await Array.fromAsync(client.stream("count", { to: 1_000 })).then((all) => all.length),
      1_000,
    );
    const value = crypto.getRandomValues(new Uint8Array(60_000));
    assertEquals(await client.call("echo", { value }), value);
    const error = await assertRejects(() => client.call("fail", []), RpcError);
    assertEquals([error.code, error.message.includes("not told")], ["internal", false]);
    const late = await assertRejects(() => client.call("wait", [], { timeoutMs: 20 }), DariError);
    assertEquals(late.code, "deadline_exceeded");
  }
});

for (
  const [who, client, server] of [
    ["the client", { sharedMemory: false }, {}],
    ["the server", {}, { sharedMemory: false }],
  ] satisfies [string, ConnectOptions, Partial<ServeOptions>][]
) {
  test(`${who} keeps the connection on its socket`, async () => {
    await using place = await start(server);
    await using one = await connect<Methods>(`unix:${place.path}`, client);
    await callOften(one);
    assertEquals(sharing(place.server).includes(true), false);
  });
}

test("two processes move, and the death of the client leaves nothing behind", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/s`;
  await using server = peerProcess("serve", path);
  await server.line();
  for (const calls of ["1", "10", "100"]) {
    await using client = peerProcess("call", path);
    while (await client.line() !== calls);
    if (calls === "100") {
      assertEquals((await mappedMemory(server.pid)).length, 1);
      assertEquals((await mappedMemory(client.pid)).length, 1);
    }
    await client.kill();
    while ((await mappedMemory(server.pid)).length > 0);
  }
});

test("the death of the server rejects what waits at once", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/s`;
  await using peer = peerProcess("serve", path);
  await peer.line();
  const client = await connect<Methods>(`unix:${path}`);
  await callOften(client);
  const waiting = assertRejects(() => client.call("wait", []), TransportError);
  await peer.kill();
  assertEquals((await waiting).code, "unavailable");
  await client.close();
});

test("many clients at once: those without room for memory are served all the same", async () => {
  await using place = await start();
  const most = limits.maxSegmentBytes / (2 * limits.segmentRingBytes);
  using stack = new DisposableStack();
  for (let others = 0; others < most - 10; others++) {
    const segment = Segment.create(); // as many other connections have
    stack.defer(() => segment.release());
  }
  const clients = await Promise.all(
    Array.from({ length: 12 }, () => connect<Methods>(`unix:${place.path}`)),
  );
  await Promise.all(clients.map(callOften));
  const moved = sharing(place.server).filter((moved) => moved).length;
  assert(moved > 5 && moved < 10, `${moved} have moved`);
  assertEquals(sharing(place.server).length, clients.length);
  await Promise.all(clients.map((client) => client.close()));
});

Deno.test({
  name: "a stranger moves by what docs/wire.md says",
  ignore: !isLinux || !hasPython,
  async fn() {
    await using place = await start();
    const script = new URL("../../support/memory_peer.py", import.meta.url).pathname;
    await using peer = new PeerProcess("python3", [script, place.path]);
    const [calls, last, moved, ...returns] = JSON.parse(await peer.line());
    assertEquals([calls, last, moved], [calls, calls + 1, 20_000]);
    assertEquals(returns, [0, 0], "both directions move once");
  },
});

Deno.test({
  name: "a stranger goes back to the socket and moves again by what docs/wire.md says",
  ignore: !isLinux || !hasPython,
  async fn() {
    await using place = await start();
    const script = new URL("../../support/memory_peer.py", import.meta.url).pathname;
    await using peer = new PeerProcess("python3", [script, place.path, "return"]);
    const [calls, last, moved, own, others] = JSON.parse(await peer.line());
    assertEquals([calls, last, moved], [calls, calls + 1, 20_000]);
    assert(own > 5 && others > 5, `it went back ${own} times, and the server ${others} times`);
  },
});

function peerProcess(role: string, path: string): PeerProcess {
  const script = new URL("../../support/memory_peer.ts", import.meta.url).pathname;
  return new PeerProcess(Deno.execPath(), ["run", "--no-check", "--allow-all", script, role, path]);
}
