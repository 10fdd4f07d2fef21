import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../../lib/endpoint/serve.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { createLog } from "../../../lib/ops/log.ts";
import { TestClock } from "../../support/clock.ts";
import { RawPeer } from "../../support/raw_peer.ts";
import { Wire } from "../../support/rpc_pair.ts";
import { tlsIdentity } from "../../support/tls_identity.ts";

const MiB = 1024 * 1024;

/** A server as a hostile peer finds it, and a check that it still serves others. */
async function startVictim(options: { handshakeTimeoutMs?: number; tls?: boolean } = {}) {
  const log: string[] = [];
  const { write } = createLog((line) => log.push(line), new TestClock());
  const cut = Promise.withResolvers<void>();
  const { cert, key, ca } = options.tls ? await tlsIdentity() : { cert: "", key: "", ca: "" };
  const server = await serve({
    listen: `${options.tls ? "tls" : "tcp"}://127.0.0.1:0`,
    tls: { cert, key },
    ...(options.handshakeTimeoutMs ? { handshakeTimeoutMs: options.handshakeTimeoutMs } : {}),
    public: ["echo", "blob"],
    methods: { echo: (params: unknown) => params, blob: () => "x".repeat(MiB) },
    observer: {
      connectionClosed({ peer }, reason) {
        if (reason === undefined) return;
        write("warn", "a connection was cut", { peer: peer.address, reason });
        cut.resolve();
      },
    },
  });
  const address = server.addresses[0] ?? "";
  const bystander = await connect(address, { ca });
  await bystander.call("echo", [0]);
  return {
    server,
    address,
    log,
    /** Resolves when a connection was cut, with what the log says of it. */
    cut: cut.promise.then(() => log.join("\n")),
    async [Symbol.asyncDispose]() {
      assertEquals(await bystander.call("echo", [1]), [1], "others are not served");
      await bystander.close();
      await server.close(0);
    },
  };
}

/** Memory that is in use, after what can be collected has gone out of the way. */
const usedBytes = () => Deno.memoryUsage().heapUsed + Deno.memoryUsage().external;

Deno.test("a line over the cap fails its own call with both sizes, and the connection goes on", async () => {
  await using victim = await startVictim();
  using peer = await RawPeer.connect(victim.address);
  const params = `"params":["${"x".repeat(70_000)}"]}`;
  const lines = [
    `{"jsonrpc":"2.0","id":7,"method":"echo",${params}`,
    `{"jsonrpc": "2.0", "id": "a\\"b", "method": "echo", ${params}`,
    `{"jsonrpc":"2.0","method":"echo","id":8,${params}`,
    `{"method":"echo","jsonrpc":"2.0","id":9,${params}`,
  ];
  const ids = [7, 'a"b', 8, null];
  for (const [place, line] of lines.entries()) {
    const { error, id } = await peer.ask(line);
    assertEquals([error.code, id, error.data.retryable], [-32005, ids[place], false]);
    assertEquals(
      error.message,
      `Line too long: the line has ${line.length} bytes, and this connection takes at most 65536`,
    );
  }
  const { result } = await peer.ask({ jsonrpc: "2.0", id: 10, method: "echo", params: [1] });
  assertEquals(result, [1]);
  assertEquals(victim.log, []);
});

Deno.test("a line far over the cap closes the connection, with a line in the log", async () => {
  await using victim = await startVictim();
  using peer = await RawPeer.connect(victim.address);
  const sending = peer.send(
    `{"jsonrpc":"2.0","id":1,"method":"echo","params":["${"x".repeat(4 * 65_536)}`,
  );
  const { error, id } = JSON.parse(await peer.rest());
  await sending.catch(() => {});
  assertEquals([error.code, id], [-32005, null]);
  assertMatch(
    await victim.cut,
    /^\S+ warn a connection was cut peer=127\S+ reason="A line has more than 262144 bytes/,
  );
});

Deno.test("an HTTP request ends the connection, and nothing behind its first line is decoded", async () => {
  const body = '{"jsonrpc":"2.0","id":1,"method":"note"}\n';
  const long = "a".repeat(70_000);
  const requests = [
    `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    `POST /${long} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n${body}`,
    `M-SEARCH * HTTP/2.0\r\n\r\n${body}`,
    `{"jsonrpc":"2.0","id":0,"method":"rpc.ping"}\nGET / HTTP/1.0\n${body}`,
  ];
  for (const request of requests) {
    let notes = 0;
    const closed = Promise.withResolvers<string | undefined>();
    await using server = await serve({
      listen: "tcp://127.0.0.1:0",
      methods: { note: { public: true, handler: () => void notes++ } },
      observer: { connectionClosed: (_, reason) => closed.resolve(reason) },
    });
    using peer = await RawPeer.connect(server.addresses[0] ?? "");
    await peer.send(request);
    const answer = await peer.rest();
    assertEquals(notes, 0, request.slice(0, 40));
    if (request.includes(long)) assertMatch(answer, /-32005/);
    else assertMatch(answer, /HTTP\/1\.1 400 Bad Request[^]*speaks dari\/1, not HTTP\.\n$/);
    peer[Symbol.dispose]();
    assertMatch(await closed.promise ?? "", /HTTP request|no message/);
  }
});

Deno.test("a line without end is not kept", async () => {
  await using victim = await startVictim();
  using peer = await RawPeer.connect(victim.address);
  const before = usedBytes();
  const piece = new Uint8Array(MiB).fill(0x20);
  let sent = 0;
  try {
    for (; sent < 64; sent++) await peer.sendBytes(piece);
  } catch {
    // The server has had enough.
  }
  await victim.cut;
  assert(sent < 64, "all of it was taken");
  assert(usedBytes() - before < 32 * MiB);
});

Deno.test("half a line and the end is just an end", async () => {
  await using victim = await startVictim();
  using peer = await RawPeer.connect(victim.address);
  await peer.send('{"jsonrpc":"2.0","id":1,"method":"echo"}\n{"jsonrpc":"2.0","id":2');
  await peer.finish();
  assertEquals(await peer.rest(), '{"jsonrpc":"2.0","id":1,"result":null}\n');
  assertEquals(victim.log, []);
});

Deno.test("bytes that are no text, or no JSON, or no message get their code, each for itself", async () => {
  await using victim = await startVictim();
  using peer = await RawPeer.connect(victim.address);
  const bytes = (...values: number[]) => new Uint8Array([0x22, ...values, 0x22]);
  const text = (line: string) => new TextEncoder().encode(line);
  const request = (members: string) => text(`{"jsonrpc":"2.0","method":"echo",${members}}`);
  const cases: [line: Uint8Array, code: number][] = [
    [bytes(0xff), -32700],
    [bytes(0xc0, 0xaf), -32700],
    [bytes(0xed, 0xa0, 0x80), -32700],
    [text("\0"), -32700],
    [text('{"a":"\0"}'), -32700],
    [request(`"id":1,"params":${"[".repeat(64)}${"]".repeat(64)}`), -32600],
    [text("[".repeat(60_000)), -32700],
    [text(`[${"1,".repeat(30_000)}1]`), -32600],
    [request('"id":{}'), -32600],
    [request('"id":1.5'), -32600],
    [request(`"id":${"1".repeat(400)}`), -32600],
    [request('"id":9007199254740993'), -32600],
    [text('{"jsonrpc":"2.0","id":1,"method":"__proto__"}'), -32601],
    [text('{"jsonrpc":"2.0","id":1,"method":"rpc.none"}'), -32601],
    [text('{"jsonrpc":"2.0","id":1,"method":"rpc.login"}'), -32001],
  ];
  for (const [line, code] of cases) {
    await peer.sendBytes(new Uint8Array([...line, 0x0a]));
    assertEquals(JSON.parse(await peer.line()).error.code, code, new TextDecoder().decode(line));
  }
  const { result } = await peer.ask(
    '{"jsonrpc":"2.0","id":1,"method":"echo","params":{"__proto__":1}}',
  );
  assert(Object.hasOwn(result, "__proto__"));
});

Deno.test("a batch of a million is refused in one line", async () => {
  await using wire = await Wire.open({});
  const { error } = await wire.ask(`[${"1,".repeat(999_999)}1]`);
  assertEquals(error.code, -32600);
  assertMatch(error.message, /1000000 elements/);
});

Deno.test("10,000 pipelined requests are answered in order", async () => {
  await using victim = await startVictim();
  using peer = await RawPeer.connect(victim.address);
  const lines = Array.from(
    { length: 10_000 },
    (_, id) => `{"jsonrpc":"2.0","id":${id},"method":"echo","params":[${id}]}\n`,
  );
  const sending = peer.send(lines.join(""));
  for (let id = 0; id < 10_000; id++) {
    const reply = JSON.parse(await peer.line());
    assertEquals([reply.id, reply.result], [id, [id]]);
  }
  await sending;
});

Deno.test("a client that never reads is no longer read from, and costs little memory", async () => {
  await using victim = await startVictim();
  using peer = await RawPeer.connect(victim.address);
  const before = usedBytes();
  // Each asks for 1 MiB: one chunk of these, answered whole, would be gigabytes.
  const request = '{"jsonrpc":"2.0","id":1,"method":"blob"}\n';
  await peer.send(request.repeat(5_000));
  const { server } = victim;
  await using bystander = await connect(victim.address);
  for (let n = 0; n < 50; n++) await bystander.call("echo", [n]);
  assert(usedBytes() - before < 100 * MiB, `${(usedBytes() - before) / MiB} MiB are held`);
  assertEquals(server.connections, 3);
});

Deno.test("a server stops although a client never reads", async () => {
  const victim = await startVictim();
  using peer = await RawPeer.connect(victim.address);
  await peer.send('{"jsonrpc":"2.0","id":1,"method":"blob"}\n'.repeat(50));
  await using bystander = await connect(victim.address);
  await bystander.call("echo", [1]);
  await victim[Symbol.asyncDispose]();
  assertEquals(victim.server.connections, 0);
});

Deno.test("a client that sends a byte at a time is cut when its time to begin is over", async () => {
  await using victim = await startVictim({ handshakeTimeoutMs: 500 });
  using peer = await RawPeer.connect(victim.address);
  const trickling = (async () => {
    for (const byte of '{"jsonrpc":"2.0"'.repeat(1_000)) {
      await peer.send(byte);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })().catch(() => {});
  assertMatch(await victim.cut, /neither signed in nor called a public method in time/);
  assertEquals(await peer.rest(), "");
  peer[Symbol.dispose]();
  await trickling;
});

Deno.test("garbage and HTTP instead of TLS end the connection, with a line in the log", async () => {
  for (const greeting of ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x00\xff\x1b[31m".repeat(10)]) {
    await using victim = await startVictim({ tls: true });
    using peer = await RawPeer.connect(victim.address);
    await peer.send(greeting);
    const log = await victim.cut;
    assertMatch(log, /^\S+ warn a connection was cut peer=127\S+ reason=/);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x09\x0b-\x1f]/.test(log), "the log holds control characters");
    await peer.rest();
  }
});

Deno.test("a TLS handshake that never ends is cut", async () => {
  await using victim = await startVictim({ tls: true, handshakeTimeoutMs: 500 });
  using peer = await RawPeer.connect(victim.address);
  await peer.sendBytes(new Uint8Array([22, 3, 1, 2, 0])); // The head of a hello, and no more.
  // The runtime keeps the bare socket until the peer closes it: dari is done with it all the same.
  assertMatch(await victim.cut, /in time/);
});

Deno.test("a server with all its connections in use closes the next one and keeps those it has", async () => {
  await using server = await serve({ listen: "tcp://127.0.0.1:0", methods: {}, maxConnections: 1 });
  const address = server.addresses[0] ?? "";
  using first = await RawPeer.connect(address);
  const ping = { jsonrpc: "2.0", id: 1, method: "rpc.ping" };
  assertEquals((await first.ask(ping)).result, "pong");
  using second = await RawPeer.connect(address);
  assertEquals(await second.rest(), "");
  assertEquals((await first.ask(ping)).result, "pong");
});
