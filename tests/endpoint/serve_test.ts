import { assertEquals, assertRejects } from "@std/assert";
import { connect, listenMemory, serve } from "../../mod.ts";
import { deadline } from "../../lib/base/abort.ts";
import { DariError, TransportError } from "../../lib/base/errors.ts";
import { RawPeer } from "../support/raw_peer.ts";
import { tempDirectory } from "../support/temp.ts";

const methods = { add: ({ a, b }: { a: number; b: number }) => a + b };

Deno.test("serve() listens on several places at once, and says where", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/s`;
  const memory = listenMemory();
  await using server = await serve({ listen: [memory, `unix:${path}`], methods });
  assertEquals(server.addresses, ["memory", `unix:${path}`]);
  for (const place of [memory, `unix:${path}`]) {
    await using client = await connect<typeof methods>(place);
    assertEquals(await client.call("add", { a: 10, b: 20 }), 30);
  }
});

Deno.test("serve() that cannot listen on one place listens on none", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/s`;
  const taken = `${directory.path}/taken`;
  await Deno.writeTextFile(taken, "precious");
  const memory = listenMemory();
  await assertRejects(
    () => serve({ listen: [memory, `unix:${path}`, `unix:${taken}`], methods }),
    TransportError,
    "is not a socket",
  );
  await assertRejects(() => memory.connect(), TransportError, "Nothing listens");
  await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
});

Deno.test("serve() refuses a malformed address before it listens anywhere", async () => {
  const memory = listenMemory();
  const starting = serve({ listen: [memory, "http://localhost:80"], methods });
  const error = await assertRejects(
    () => starting,
    DariError,
    "tls://, unix:, tcp://, wss://, https:// or nats://",
  );
  assertEquals(error.code, "usage");
});

Deno.test("serve() refuses tcp:// beyond loopback, unless insecure is set", async () => {
  const listen = "tcp://0.0.0.0:0";
  await assertRejects(() => serve({ listen, methods }), DariError, "--insecure");
  await using server = await serve({ listen, methods, insecure: true });
  assertEquals(server.addresses.length, 1);
});

Deno.test("twenty strangers on twenty connections do not lock the owner out of the Unix socket", async () => {
  await using directory = await tempDirectory();
  const socket = `unix:${directory.path}/socket`;
  const methods = { one: () => 1 };
  await using server = await serve({
    listen: ["tcp://127.0.0.1:0", socket],
    methods,
    maxConnections: 20,
  });
  const strangers: RawPeer[] = [];
  const ping = { jsonrpc: "2.0", id: 1, method: "rpc.ping" };
  for (let n = 0; n < 20; n++) {
    const stranger = await RawPeer.connect(server.addresses[0]!);
    strangers.push(stranger);
    if (n < 18) await deadline(stranger.ask(ping), 5_000);
    else assertEquals(await deadline(stranger.rest(), 5_000), "");
  }
  await using owner = await connect<typeof methods>(socket);
  assertEquals(await owner.call("one"), 1);
  for (const stranger of strangers) stranger[Symbol.dispose]();
});

Deno.test("onRefused and tell may throw, and the server serves on", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await (await serve({ listen: "tls://localhost:0", data, methods })).close(); // makes ca.crt
  const heard: string[] = [];
  const twice = Promise.withResolvers<void>();
  const fail = (address: string) => {
    if (heard.push(address) === 2) twice.resolve();
    throw new Error("the log is full");
  };
  await using server = await serve({
    listen: "tls://localhost:0",
    data,
    methods,
    clientCa: { file: `${data}/ca.crt` },
    onRefused: fail,
    log: fail,
  });
  const [, port = ""] = /:(\d+)$/.exec(server.addresses[0] ?? "") ?? [];
  for (let i = 0; i < 2; i++) {
    using stranger = await Deno.connect({ hostname: "localhost", port: Number(port) });
    await stranger.write(new TextEncoder().encode("no handshake\n"));
    await stranger.read(new Uint8Array(100)).catch(() => {});
  }
  await deadline(twice.promise, 10_000);
});
