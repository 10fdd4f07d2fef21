import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import { connect } from "../../lib/endpoint/connect.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import { method } from "../../lib/rpc/method/method.ts";
import { ENGINES, startHttps, WAYS } from "../support/https_server.ts";
import { world } from "../support/mutual_tls.ts";
import { RawPeer } from "../support/raw_peer.ts";

/** A method that a test holds and lets go. */
function held() {
  const began = Promise.withResolvers<void>();
  const { promise, resolve } = Promise.withResolvers<string>();
  const handler = () => {
    began.resolve();
    return promise;
  };
  return { began: began.promise, letGo: resolve, method: method({ public: true, handler }) };
}

for (const engine of WAYS) {
  Deno.test(`health and readiness are told to everybody (${engine})`, async () => {
    await using gateway = await startHttps({}, { engine });
    for (const [path, text] of [["/healthz", "ok\n"], ["/readyz", "SERVING\n"]] as const) {
      const reply = await gateway.fetch(path, { headers: { origin: "https://elsewhere.example" } });
      assertEquals([reply.status, await reply.text()], [200, text]);
    }
    gateway.server.health.set("NOT_SERVING");
    const ready = await gateway.fetch("/readyz");
    assertEquals([ready.status, await ready.text()], [503, "NOT_SERVING\n"]);
    const lives = await gateway.fetch("/healthz", { method: "HEAD" });
    assertEquals([lives.status, await lives.text()], [200, ""]);
  });

  Deno.test(`GET /openrpc.json shows each caller the methods that it may call (${engine})`, async () => {
    const methods = { open: method({ public: true, handler: () => 1 }), secret: () => 2 };
    await using gateway = await startHttps(methods, { engine });
    const names = async (headers: Record<string, string>) => {
      const document = await (await gateway.fetch("/openrpc.json", { headers })).json();
      return document.methods.map(({ name }: { name: string }) => name);
    };
    assertEquals(await names({}), ["open"]);
    assertEquals(await names({ authorization: `Bearer ${gateway.apiKey}` }), ["open", "secret"]);
  });

  Deno.test(`paths and methods that are none are refused (${engine})`, async () => {
    await using gateway = await startHttps({}, { engine });
    const cases: [string, string, number, string | null][] = [
      ["GET", "/nowhere", 404, null],
      ["GET", "/rpcs", 404, null],
      ["GET", "/rpc", 405, "POST"],
      ["DELETE", "/rpc", 405, "POST"],
      ["POST", "/healthz", 405, "GET, HEAD"],
      ["PUT", "/login", 405, "POST"],
    ];
    for (const [method, path, status, allow] of cases) {
      const reply = await gateway.fetch(path, { method });
      assertEquals([reply.status, reply.headers.get("allow")], [status, allow], path);
      await reply.body?.cancel();
    }
  });

  Deno.test(`every reply of the gateway has the headers that browsers need (${engine})`, async () => {
    await using gateway = await startHttps({}, { engine, hsts: true });
    const csp = "default-src 'none'; frame-ancestors 'none'";
    for (const path of ["/rpc", "/openrpc.json", "/healthz", "/none"]) {
      const { headers, body } = await gateway.fetch(path);
      assertEquals(headers.get("x-content-type-options"), "nosniff");
      assertEquals(headers.get("cache-control"), "no-store");
      assertEquals(headers.get("content-security-policy"), csp);
      const age = limits.hstsMaxAgeSeconds;
      assertEquals(headers.get("strict-transport-security"), `max-age=${age}`);
      await body?.cancel();
    }
    await using local = await startHttps({}, { engine });
    const { headers, body } = await local.fetch("/healthz");
    assertEquals(headers.get("strict-transport-security"), null);
    await body?.cancel();
  });

  Deno.test(`a server that stops finishes the calls that run, and cuts those that take longer (${engine})`, async () => {
    const short = held();
    const long = held();
    await using gateway = await startHttps({ short: short.method, long: long.method }, { engine });
    const answers = ["short", "long"].map((name) => gateway.post(`/rpc/${name}`, {}));
    await Promise.all([short.began, long.began]);
    const stopped = gateway.server.close(400);
    short.letGo("done");
    const [first, second] = await Promise.all(answers);
    assertEquals(await first!.json(), "done");
    assertEquals(second!.status, 503);
    assertMatch((await second!.json()).detail, /stopping/);
    await stopped;
    await assertRejects(() => gateway.post("/rpc/short", {}));
    long.letGo("too late");
  });

  Deno.test(`requests beyond the bound are answered with 503 (${engine})`, async () => {
    const one = held();
    await using gateway = await startHttps({ one: one.method }, { engine, maxRequests: 1 });
    const first = gateway.post("/rpc/one", {});
    await one.began;
    const second = await gateway.post("/rpc/one", {});
    assertEquals([second.status, second.headers.get("retry-after")], [503, "1"]);
    await second.body?.cancel();
    assertEquals(await gateway.fetch("/healthz").then((reply) => reply.text()), "ok\n");
    one.letGo("done");
    assertEquals(await (await first).json(), "done");
  });
}

Deno.test("the dari port tells an HTTP client where the gateway is, and closes", async () => {
  const { server: tls } = await world();
  await using server = await serve({
    listen: "tcp://127.0.0.1:0",
    https: { listen: "https://127.0.0.1:0" },
    methods: {},
    tls,
  });
  const [tcp = "", https = ""] = server.addresses;
  assertMatch(https, /^https:\/\/127\.0\.0\.1:[1-9]\d+$/);
  using peer = await RawPeer.connect(tcp);
  await peer.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const answer = await peer.rest();
  assertMatch(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
  assertEquals(
    answer.split("\r\n\r\n")[1],
    `This port speaks dari/1, not HTTP; the HTTPS gateway of this server is at ${https}\n`,
  );
});

Deno.test("the dari port with TLS tells it too, and speaks dari/1 with whoever knows it", async () => {
  const { server: tls, authority } = await world();
  await using server = await serve({
    listen: "tls://127.0.0.1:0",
    https: { listen: "https://127.0.0.1:0" },
    methods: { open: method({ public: true, handler: () => "open" }) },
    tls,
  });
  const [address = "", https = ""] = server.addresses;
  const port = Number(new URL(address.replace("tls:", "https:")).port);
  using conn = await Deno.connectTls({
    ...{ hostname: "127.0.0.1", port, caCerts: [authority.pem] },
    alpnProtocols: ["h2", "http/1.1"],
  });
  assertEquals((await conn.handshake()).alpnProtocol, "http/1.1");
  await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const answer = await new Response(conn.readable).text();
  assertMatch(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
  assertMatch(answer, new RegExp(`gateway of this server is at ${https}\n$`));
  await using client = await connect(address, { ca: authority.pem });
  assertEquals(await client.call("open"), "open");
});

Deno.test("serve({ https }) refuses an address that is none of HTTPS", async () => {
  for (const listen of ["tls://localhost:0", "localhost:0", "https://localhost"]) {
    const start = () => serve({ listen: [], https: { listen }, methods: {} });
    assertEquals((await assertRejects(start, DariError)).code, "usage", listen);
  }
});

Deno.test("localhost is listened on by IPv4 and IPv6, with one port", async () => {
  const { server: tls, authority } = await world();
  for (const engine of ENGINES) {
    const https = { listen: "https://localhost:0", engine };
    await using server = await serve({ listen: [], https, methods: {}, tls });
    const { port } = new URL(server.addresses[0]!);
    for (const hostname of ["127.0.0.1", "::1"]) {
      using conn = await Deno.connect({ hostname, port: Number(port) });
      using secure = await Deno.startTls(conn, { hostname: "localhost", caCerts: [authority.pem] });
      await secure.handshake();
    }
  }
});

Deno.test("the dari port with mutual TLS tells it to a client whose certificate is good", async () => {
  const { server: tls, authority, client } = await world();
  await using server = await serve({
    listen: "tls://127.0.0.1:0",
    https: { listen: "https://127.0.0.1:0" },
    methods: { open: method({ public: true, handler: () => "open" }) },
    tls,
    clientCa: authority.pem,
  });
  const [address = "", https = ""] = server.addresses;
  await using caller = await connect(address, { ca: authority.pem, ...client });
  assertEquals(await caller.call("open"), "open");
  using http = Deno.createHttpClient({ caCerts: [authority.pem], ...client });
  const reply = await fetch(address.replace("tls:", "https:"), { client: http });
  assertEquals(reply.status, 400);
  assertMatch(
    await reply.text(),
    new RegExp(`the HTTPS gateway of this server is at ${https}$`, "m"),
  );
  using stranger = Deno.createHttpClient({ caCerts: [authority.pem] });
  await assertRejects(() => fetch(address.replace("tls:", "https:"), { client: stranger }));
});
