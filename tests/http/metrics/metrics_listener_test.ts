import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { listenMetrics } from "../../../lib/http/metrics/metrics_listener.ts";

async function listening(names: readonly string[] = []) {
  const { port, close } = await listenMetrics({ kind: "tcp", host: "127.0.0.1", port: 0 }, {
    read: () => "metrics 1\n",
    type: "text/plain; version=0.0.4",
    names,
  });
  return { port, [Symbol.dispose]: close };
}

/** Sends bytes as they are, and reads until the other side closes. */
async function ask(port: number, text: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  return await new Response(connection.readable).text();
}

const request = (port: number, { method = "GET", path = "/metrics", host = "127.0.0.1" } = {}) =>
  ask(port, `${method} ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`);

const statusOf = (answer: string) => answer.split(" ")[1];

Deno.test("GET /metrics is answered with the text, HEAD without it", async () => {
  using server = await listening();
  const answer = await request(server.port);
  assertMatch(answer, /^HTTP\/1\.1 200 .*content-type: text\/plain; version=0\.0\.4/si);
  assertEquals(answer.endsWith("\r\n\r\nmetrics 1\n"), true);
  assertEquals((await request(server.port, { method: "HEAD" })).endsWith("\r\n\r\n"), true);
  assertEquals(statusOf(await request(server.port, { path: "/metrics?x=1" })), "200");
});

Deno.test("a host that a page may have pointed here is refused (DNS rebinding)", async () => {
  using server = await listening(["box.example.com"]);
  const status = async (host: string) => statusOf(await request(server.port, { host }));
  for (const host of ["localhost", "LOCALHOST", "127.0.0.1", "[::1]", "box.example.com"]) {
    assertEquals(await status(host), "200", host);
  }
  for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil", "[::1].evil"]) {
    assertEquals(await status(host), "421", host);
  }
  const { port } = server;
  assertEquals(statusOf(await ask(port, "GET /metrics HTTP/1.0\r\n\r\n")), "421");
});

Deno.test("other paths and methods are refused", async () => {
  using server = await listening();
  assertEquals(statusOf(await request(server.port, { path: "/" })), "404");
  assertEquals(statusOf(await request(server.port, { path: "/metrics/" })), "404");
  const answer = await request(server.port, { method: "POST" });
  assertMatch(answer, /^HTTP\/1\.1 405 .*allow: GET, HEAD/si);
});

Deno.test("bytes that are no HTTP, and a client that goes at once, end nothing", async () => {
  using server = await listening();
  await ask(server.port, "\x16\x03\x01 hello\r\n\r\n").catch(() => {});
  (await Deno.connect({ hostname: "127.0.0.1", port: server.port })).close();
  await ask(server.port, `GET /metrics HTTP/1.1\r\n${"x".repeat(100_000)}`).catch(() => {});
  assertEquals(statusOf(await request(server.port)), "200");
});

Deno.test("there are at most so many connections, and one that closes makes room", async () => {
  using server = await listening();
  const open = () => Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const held = await Promise.all(Array.from({ length: limits.maxMetricsConnections }, open));
  using further = await open();
  assertEquals(await deadline(further.read(new Uint8Array(1)).catch(() => null), 5_000), null);
  for (const connection of held) connection.close();
  const until = async () => {
    while (statusOf(await request(server.port).catch(() => "")) !== "200");
  };
  await deadline(until(), 5_000);
});

Deno.test("a port that is in use is told", async () => {
  using server = await listening();
  const again = () =>
    listenMetrics({ kind: "tcp", host: "127.0.0.1", port: server.port }, {
      read: () => "",
      type: "",
      names: [],
    });
  await assertRejects(again, TransportError, "the port is in use");
});
