import { assert, assertEquals, assertMatch } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { limits } from "../../../lib/base/limits.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { RawPeer } from "../../support/raw_peer.ts";
import { Wire } from "../../support/rpc_pair.ts";

const MiB = 1024 * 1024;
const PATIENCE_MS = 30_000;
const hello = {
  jsonrpc: "2.0",
  id: "hello",
  method: "rpc.hello",
  params: { versions: ["dari/1"] },
};

Deno.test("a server whose handler waits for a silent client asks twice, and cuts it", async () => {
  const failed = Promise.withResolvers<{ code: string; message: string }>();
  const methods = {
    back: (_: unknown, context: Context) => context.call("other").catch(failed.resolve),
  };
  await using wire = await Wire.open(methods, {
    lifeSignMs: limits.minLifeSignMs,
    silentPeerMs: 5 * limits.minLifeSignMs,
  });
  await wire.ask(hello);
  await wire.send({ jsonrpc: "2.0", id: 1, method: "back" });
  assertEquals((await wire.receive()).method, "other");
  const pings = [await wire.receive(), await wire.receive()];
  assertEquals(pings.map(({ method }) => method), ["rpc.ping", "rpc.ping"]);
  const { code, message } = await deadline(failed.promise, PATIENCE_MS);
  assertEquals(code, "unavailable");
  assertMatch(message, /sent nothing for 50 ms/);
  assertEquals(await wire.connection.receive(), null);
});

Deno.test("a client that answers pings is waited for, however long its method takes", async () => {
  const methods = { back: (_: unknown, context: Context) => context.call("other") };
  await using wire = await Wire.open(methods, {
    lifeSignMs: limits.minLifeSignMs,
    silentPeerMs: 2 * limits.minLifeSignMs,
  });
  await wire.ask(hello);
  await wire.send({ jsonrpc: "2.0", id: 1, method: "back" });
  const call = await wire.receive();
  for (let n = 0; n < 5; n++) {
    const ping = await wire.receive();
    assertEquals(ping.method, "rpc.ping");
    await wire.send({ jsonrpc: "2.0", id: ping.id, result: "pong" });
  }
  await wire.send({ jsonrpc: "2.0", id: call.id, result: 7 });
  let reply = await wire.receive();
  while (reply.method === "rpc.ping") reply = await wire.receive();
  assertEquals(reply.result, 7);
});

/** Of this thread alone: other tests run in the same process. */
const usedBytes = () => Deno.memoryUsage().heapUsed + Deno.memoryUsage().external;

Deno.test("a flood of pings costs who sends it: he is not read from, and cut", async () => {
  const cut = Promise.withResolvers<string | undefined>();
  await using server = await serve({
    listen: "tcp://127.0.0.1:0",
    methods: {},
    stalledPeerMs: 200,
    observer: { connectionClosed: (_, reason) => cut.resolve(reason) },
  });
  const [address = ""] = server.addresses;
  await using bystander = await connect(address);
  using flooder = await RawPeer.connect(address);
  const before = usedBytes();
  const ping = '{"jsonrpc":"2.0","id":1,"method":"rpc.ping"}\n';
  const pings = ping.repeat(Math.ceil(MiB / ping.length));
  const flooding = (async () => {
    for (let sent = 0; sent < 256; sent++) await flooder.send(pings);
    return "all of it was taken";
  })().catch(() => "cut");
  assertMatch(String(await deadline(cut.promise, PATIENCE_MS)), /took nothing of what waits/);
  assertEquals(await flooding, "cut");
  await bystander.call("rpc.ping" as never);
  const grownBytes = usedBytes() - before;
  assert(grownBytes < 128 * MiB, `${grownBytes / MiB} MiB more are held`);
});
