import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { DariError, RpcError } from "../../../lib/base/errors.ts";
import type { Gate } from "../../../lib/auth/sign_in/gate.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { createPeerGate } from "../../../lib/rpc/server/peer_gate.ts";
import { Slots } from "../../../lib/rpc/call/slots.ts";
import { testIdentity } from "../../support/identity.ts";
import { startPair, Wire } from "../../support/rpc_pair.ts";

const ping = { jsonrpc: "2.0", id: 1, method: "rpc.ping" };

Deno.test("a stranger may call public methods alone, and is told of no others", async () => {
  const strangers: Gate = { ...createPeerGate(), identify: () => Promise.resolve(null) };
  const methods = { open: { public: true, handler: () => 1 }, opened: () => 2, hidden: () => 3 };
  await using pair = await startPair(methods, { gate: strangers, public: ["opened"] });
  assertEquals(await pair.client.call("open"), 1);
  assertEquals(await pair.client.call("opened"), 2);
  const error = await assertRejects(() => pair.client.call("hidden"), RpcError);
  assertEquals(error.code, "unauthenticated");
  await using wire = await Wire.open(methods, { gate: strangers, public: ["opened"] });
  const { result } = await wire.ask({ ...ping, method: "rpc.discover" });
  assertEquals(result.methods.map(({ name }: { name: string }) => name), ["open", "opened"]);
});

Deno.test("a connection whose time to sign in is over is told so, and no session is made for it", async () => {
  const aborted = Promise.withResolvers<unknown>();
  const gate: Gate = {
    ...createPeerGate(),
    identify: () => Promise.resolve(null),
    signIn(_method, _params, { signal }) {
      signal?.addEventListener("abort", () => aborted.resolve(signal.reason));
      return new Promise(() => {});
    },
  };
  await using wire = await Wire.open({}, { gate, handshakeTimeoutMs: 5 });
  const { error } = await deadline(wire.ask({ ...ping, method: "rpc.login" }), 5_000);
  assertEquals(error.data.name, "deadline_exceeded");
  assertEquals((await aborted.promise as DariError).message, error.message);
  await assertRejects(() => deadline(wire.receive(), 5_000), Error, "ended the connection");
});

Deno.test("sign-ins of a connection that ends are given up", async () => {
  const aborted = Promise.withResolvers<unknown>();
  const asked = Promise.withResolvers<void>();
  const gate: Gate = {
    ...createPeerGate(),
    signIn(_method, _params, { signal }) {
      signal?.addEventListener("abort", () => aborted.resolve(signal.reason));
      asked.resolve();
      return new Promise(() => {});
    },
  };
  await using wire = await Wire.open({}, { gate });
  await wire.send({ ...ping, method: "rpc.login" });
  await asked.promise;
  wire.connection.abort();
  const reason = await deadline(aborted.promise, 5_000) as DariError;
  assertEquals(reason.code, "unavailable");
});

Deno.test("an administrative method is for the role admin and for whom a rule names it, and discovered by them alone", async () => {
  const policy = { roles: { admin: ["*"], user: ["*"], operator: ["*", "reset"] } };
  await using test = await testIdentity({ policy, localTransports: [] });
  const { accounts, gate, keys } = test.identity;
  const methods = { reset: { admin: true, handler: () => "done" }, add: () => 3 };
  await using pair = await startPair(methods, { gate });
  for (
    const [name, roles, mayReset] of [
      ["user", ["user"], false],
      ["operator", ["operator"], true],
      ["admin", ["admin"], true],
    ] as const
  ) {
    await accounts.add({ name, roles });
    const { text: auth } = await keys.create({ account: name, name: "key" });
    assertEquals(await pair.client.call("add", undefined, { auth }), 3);
    const reset = pair.client.call("reset", undefined, { auth });
    if (mayReset) assertEquals(await reset, "done");
    else assertEquals((await assertRejects(() => reset, RpcError)).code, "permission_denied");
    const document = await pair.client.call("rpc.discover" as "add", undefined, { auth });
    const { methods: found } = document as unknown as { methods: { name: string }[] };
    assertEquals(found.some((method) => method.name === "reset"), mayReset, name);
  }
});

Deno.test("a revoked principal's connection ends at once", async () => {
  let revoke: Parameters<Gate["onRevoked"]>[0] | undefined;
  const open = createPeerGate();
  const gate: Gate = { ...open, onRevoked: (listener) => (revoke = listener, () => {}) };
  await using pair = await startPair({ wait: () => new Promise(() => {}) }, { gate });
  const principal = await open.identify({ transport: "memory", address: "memory" });
  const rejected = assertRejects(() => pair.client.call("wait"), DariError);
  if (principal !== null) revoke?.(principal);
  assertEquals((await rejected).code, "unavailable");
});

Deno.test("a revoked principal's connection ends at once while the server waits for its calls", async () => {
  let revoke: Parameters<Gate["onRevoked"]>[0] | undefined;
  const open = createPeerGate();
  const gate: Gate = {
    ...open,
    onRevoked: (listener) => (revoke = listener, () => revoke = undefined),
  };
  const begun = Promise.withResolvers<Context>();
  const methods = {
    wait: (_: unknown, context: Context) => (begun.resolve(context), new Promise(() => {})),
  };
  await using pair = await startPair(methods, { gate });
  const call = assertRejects(() => pair.client.call("wait"), DariError);
  const { principal, signal } = await begun.promise;
  const closing = pair.server.close(60_000);
  revoke?.(principal!);
  assertEquals(signal.aborted, true);
  await deadline(Promise.all([call, closing]), 5_000);
  assertEquals(revoke, undefined);
});

Deno.test("a revoked credential's calls end, also where somebody else signed the connection in", async () => {
  await using test = await testIdentity();
  const { accounts, gate, keys } = test.identity;
  const { text } = await keys.create({ account: "alice", name: "key" });
  const aborted = Promise.withResolvers<unknown>();
  const methods = {
    async *ticks() {
      for (let n = 1;; n++) yield await Promise.resolve(n);
    },
    wait: (_: undefined, { signal }: Context) => {
      signal.addEventListener("abort", () => aborted.resolve(signal.reason));
      return new Promise<never>(() => {});
    },
  };
  // The owner's own connection, over which calls come with a key of their own.
  await using pair = await startPair(methods, { gate });
  const stream = pair.client.stream("ticks", undefined, { auth: text });
  assertEquals((await stream.next()).value, 1);
  const wait = assertRejects(() => pair.client.call("wait", undefined, { auth: text }), RpcError);
  const owners = pair.client.stream("ticks");
  await owners.next();

  await accounts.disable("alice");
  assertEquals((await wait).code, "unauthenticated");
  assert((await aborted.promise) instanceof DariError);
  const ended = await assertRejects(async () => {
    for await (const _ of stream);
  }, RpcError);
  assertEquals(ended.code, "unauthenticated");
  assertEquals((await owners.next()).done, false);
  await owners.return(undefined);
});

Deno.test("server.health is what rpc.health answers, and a server that closes serves no more", async () => {
  await using wire = await Wire.open({});
  wire.server.health.set("NOT_SERVING", "mail");
  const { result } = await wire.ask({ ...ping, method: "rpc.health", params: { service: "mail" } });
  assertEquals(result.status, "NOT_SERVING");
  await wire.server.close(0);
  assertEquals(wire.server.health.status(""), "NOT_SERVING");
});

Deno.test("close() lets running calls finish, refuses new ones, and ends the connections", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  await using wire = await Wire.open({ wait: () => promise, add: () => 1 });
  await wire.send({ ...ping, id: "running", method: "wait" });
  await wire.settled();
  const closing = wire.server.close(10_000);
  assertEquals((await wire.ask({ ...ping, method: "add" })).error.code, -32006);
  resolve("done");
  assertEquals((await wire.receive()).result, "done");
  await closing;
  assertEquals(await wire.connection.receive(), null);
});

Deno.test("close() leaves a call that does not end its time and no more", async () => {
  await using wire = await Wire.open({ wait: () => new Promise(() => {}) });
  await wire.send({ ...ping, method: "wait" });
  await wire.settled();
  await wire.server.close(5);
  assertEquals(wire.server.connections, 0);
});

Deno.test("serve() on several addresses serves all, and takes none where one is taken", async () => {
  const methods = { one: { public: true, handler: () => 1 } };
  await using server = await serve({ listen: ["tcp://127.0.0.1:0", "tcp://[::1]:0"], methods });
  for (const address of server.addresses) {
    await using client = await connect<typeof methods>(address);
    assertEquals(await client.call("one"), 1);
  }
  const taken = server.addresses[0] ?? "";
  await assertRejects(() => serve({ listen: ["tcp://127.0.0.1:0", taken], methods }), DariError);
});

Deno.test("Slots gives every value back under its own number, in whatever order they leave", () => {
  const slots = new Slots<number>();
  const ids: number[] = [];
  for (let n = 0; n < 1_000; n++) {
    const id = slots.nextId();
    slots.set(id, id);
    ids.push(id);
    if (n % 3 !== 0) continue;
    const first = ids.shift();
    assertEquals(slots.take(first), first);
  }
  assertEquals(slots.size, ids.length);
  assertEquals(new Set(slots.values()), new Set(ids));
  for (const id of [0, -1, 1e9, 1.5, NaN, "1", null, undefined, { valueOf: 1 }]) {
    assertEquals([slots.get(id), slots.take(id)], [undefined, undefined]);
  }
  slots.clear();
  assertEquals([slots.size, slots.get(ids[0])], [0, undefined]);
});

Deno.test("open lists the connections of a server, and the calls that run on each", async () => {
  const hang = () => new Promise(() => {});
  await using pair = await startPair({ hang, add: () => 3 });
  const stopped = new AbortController();
  const running = pair.client.call("hang", undefined, { signal: stopped.signal });
  assertEquals(await pair.client.call("add"), 3);
  const [connection, ...others] = pair.server.openConnections;
  assertEquals(others, []);
  assertEquals(connection?.principal?.kind, "local");
  assertEquals(connection?.calls.map(({ method, isStream }) => [method, isStream]), [
    ["hang", false],
  ]);
  assert(Math.abs(Date.now() - (connection?.openedAtMs ?? 0)) < 60_000);
  stopped.abort();
  await assertRejects(() => running);
  await pair.client.call("add");
  assertEquals(pair.server.openConnections[0]?.calls, []);
});
