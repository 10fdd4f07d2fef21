import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { TransportError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import type { EngineOptions } from "../../lib/http/engine/engine.ts";
import type { HttpHandler, HttpRequest, MakeAnswer } from "../../lib/http/engine/http_message.ts";
import { openEngine } from "../../lib/http/open_engine.ts";
import { ENGINES } from "../support/https_server.ts";
import { world } from "../support/mutual_tls.ts";
import { tlsPair } from "../support/tls_certificates.ts";

function handlerOf(bodyOf: (request: HttpRequest) => string): HttpHandler {
  return {
    handle: (request) => ({ status: 200, headers: {}, body: bodyOf(request) }),
    failed: () => ({ status: 500, headers: {}, body: null }),
    owe: () => () => {},
  };
}

async function engineOptions(): Promise<EngineOptions> {
  const { server } = await world();
  return {
    host: "127.0.0.1",
    port: 0,
    credentials: server,
    maxConnections: 10,
    maxConnectionsPerPeer: 10,
    headersTimeoutMs: 5_000,
    requestTimeoutMs: 5_000,
    handshakeTimeoutMs: 5_000,
    keepAliveMs: 5_000,
    stalledPeerMs: 5_000,
    onRefused: () => {},
    handler: handlerOf(({ method, target, host }) => `${method} ${target} ${host}`),
  };
}

async function ask(port: number, ca: string, path = "/a?b=c"): Promise<string> {
  using client = Deno.createHttpClient({ caCerts: [ca], poolMaxIdlePerHost: 0 });
  const reply = await fetch(`https://127.0.0.1:${port}${path}`, { client });
  return await reply.text();
}

for (const name of ENGINES) {
  Deno.test(`reload() takes a new certificate into use without a new port (${name})`, async () => {
    const { authority, foreign } = await world();
    const engine = await openEngine(name, await engineOptions());
    try {
      const expected = `GET /a?b=c 127.0.0.1:${engine.port}`;
      assertEquals(await ask(engine.port, authority.pem), expected);
      await engine.reload(await tlsPair(foreign));
      assertEquals(await ask(engine.port, foreign.pem), expected);
      await assertRejects(() => ask(engine.port, authority.pem));
    } finally {
      await engine.close();
    }
  });

  Deno.test(`what is made of a body is answered, whether it comes now, later or not at all (${name})`, async () => {
    const { authority } = await world();
    const answers: Record<string, MakeAnswer> = {
      "/now": (bytes) => ({ status: 200, headers: {}, body: String(bytes.length) }),
      "/later": (bytes) => Promise.resolve({ status: 200, headers: {}, body: bytes }),
      "/thrown": () => {
        throw new Error("made nothing");
      },
      "/rejected": () => Promise.reject(new Error("made nothing")),
    };
    const handler: HttpHandler = {
      ...handlerOf(() => ""),
      handle: (request) => request.answerBody(10, answers[request.target]!),
      failed: (error) => ({ status: 400, headers: {}, body: (error as Error).message }),
    };
    const engine = await openEngine(name, { ...await engineOptions(), handler });
    using client = Deno.createHttpClient({ caCerts: [authority.pem], poolMaxIdlePerHost: 0 });
    const post = async (path: string, body: string) => {
      const url = `https://127.0.0.1:${engine.port}${path}`;
      const reply = await fetch(url, { client, method: "POST", body });
      return `${reply.status} ${await reply.text()}`;
    };
    try {
      assertEquals(await post("/now", "four"), "200 4");
      assertEquals(await post("/later", "four"), "200 four");
      for (const path of ["/thrown", "/rejected"]) {
        assertEquals(await post(path, "four"), "400 made nothing");
      }
      assertMatch(await post("/now", "eleven char"), /^400 .*at most 10 are taken/);
    } finally {
      await engine.close();
    }
  });

  Deno.test(`openEngine() says that a port is taken (${name})`, async () => {
    const options = await engineOptions();
    const first = await openEngine(name, options);
    try {
      const open = () => openEngine(name, { ...options, port: first.port });
      assertEquals((await assertRejects(open, TransportError)).code, "unavailable");
    } finally {
      await first.close();
    }
  });
}

Deno.test("the strict engine takes so many connections of one address and no more", async () => {
  const { authority } = await world();
  const refused = Promise.withResolvers<string>();
  const engine = await openEngine("strict", {
    ...await engineOptions(),
    maxConnectionsPerPeer: 1,
    onRefused: (_address, reason) => refused.resolve(reason),
  });
  try {
    using first = await Deno.connectTls({
      hostname: "127.0.0.1",
      port: engine.port,
      caCerts: [authority.pem],
    });
    await first.handshake();
    await assertRejects(() => ask(engine.port, authority.pem));
    assertEquals(await refused.promise, "1 connections of its address are open");
  } finally {
    await engine.close();
  }
});

/** Sends a request, and gives the connection once its reply has begun. */
async function beginReply(port: number, ca: string): Promise<Deno.TlsConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const tls = await Deno.startTls(conn, { hostname: "localhost", caCerts: [ca] });
  await tls.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  await tls.read(new Uint8Array(100)); // the handshake is over
  return tls;
}

/** Reads until the end, also where that is a cut. */
async function readRest(conn: Deno.TlsConn): Promise<number> {
  const rest = new Uint8Array(1 << 20);
  let length = 0;
  const reading = async () => {
    for (let n = await conn.read(rest); n !== null; n = await conn.read(rest)) length += n;
  };
  await reading().catch(() => {});
  return length;
}

Deno.test("the strict engine cuts a client that takes nothing of a long reply", async () => {
  const { authority } = await world();
  const gone = Promise.withResolvers<void>();
  const engine = await openEngine("strict", {
    ...await engineOptions(),
    stalledPeerMs: 100,
    handler: handlerOf((request) => {
      request.onGone(gone.resolve);
      return "x".repeat(64 * 1024 * 1024);
    }),
  });
  try {
    using conn = await beginReply(engine.port, authority.pem);
    await gone.promise;
    assert(await readRest(conn) < 64 * 1024 * 1024);
  } finally {
    await engine.close();
  }
});

Deno.test("a long reply of the strict engine leaves in pieces, and arrives as it is", async () => {
  const { authority } = await world();
  for (const length of [limits.maxHttpPieceBytes, 3 * limits.maxHttpPieceBytes + 1]) {
    const text = "가".repeat(length / 3).padEnd(length, ".");
    const engine = await openEngine("strict", {
      ...await engineOptions(),
      handler: handlerOf(() => text),
    });
    try {
      assertEquals(await ask(engine.port, authority.pem), text);
    } finally {
      await engine.close();
    }
  }
});
