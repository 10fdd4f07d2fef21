import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { connect as connectOfNode } from "../../lib/endpoint/client/mod.ts";
import { connect } from "../../lib/endpoint/connect.ts";
import type { Context } from "../../lib/rpc/method/context.ts";
import { method } from "../../lib/rpc/method/method.ts";
import { ENGINES, type HttpsServer, rpc, startHttps } from "../support/https_server.ts";
import { PASSWORD } from "../support/identity.ts";
import { world } from "../support/mutual_tls.ts";

const MiB = 1024 * 1024;
const open = { public: true } as const;
const methods = {
  add: method({ ...open, handler: ({ a, b }: { a: number; b: number }) => a + b }),
  who: method({
    ...open,
    handler: (_: unknown, { principal }: Context) => principal?.name ?? null,
  }),
  echo: method({ ...open, handler: ({ text }: { text: string }) => text }),
  bytes: method({ ...open, handler: ({ bytes }: { bytes: Uint8Array }) => bytes.length }),
  twice: method({
    ...open,
    handler: async (_: unknown, { call }: Context) => {
      const { doubled } = await call("double", { n: 21 }) as { doubled: number };
      return doubled;
    },
  }),
};

async function ca(): Promise<string> {
  return (await world()).authority.pem;
}

/** What a client that is no library of ours sends, as text. */
async function socketOf(
  server: HttpsServer,
  more: Record<string, string> = {},
): Promise<Deno.TlsConn> {
  const conn = await Deno.connectTls({
    hostname: "127.0.0.1",
    port: server.port,
    caCerts: [await ca()],
    alpnProtocols: ["http/1.1"],
  });
  const headers = {
    "Host": `127.0.0.1:${server.port}`,
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...more,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  await conn.write(new TextEncoder().encode(`GET /ws HTTP/1.1\r\n${lines}\r\n`));
  return conn;
}

async function readUntil(conn: Deno.Conn, until: RegExp): Promise<string> {
  const memory = new Uint8Array(65_536);
  let text = "";
  while (!until.test(text)) {
    const count = await conn.read(memory).catch(() => null);
    if (count === null) break;
    text += String.fromCharCode(...memory.subarray(0, count));
  }
  return text;
}

function masked(opcode: number, text: string): Uint8Array<ArrayBuffer> {
  const payload = new TextEncoder().encode(text);
  return new Uint8Array([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);
}

for (const engine of ENGINES) {
  for (const [name, dial] of Object.entries({ Deno: connect, Node: connectOfNode })) {
    Deno.test(`${engine}: connect("https://…") of ${name} calls and is called back`, async () => {
      await using server = await startHttps(methods, { engine });
      const back = {
        double: method({ ...open, handler: ({ n }: { n: number }) => ({ doubled: 2 * n }) }),
      };
      const login = { username: "alice", password: PASSWORD };
      const client = await dial<typeof methods>(server.url, {
        ca: await ca(),
        methods: back,
        login,
      });
      assertEquals(await client.call("add", { a: 10, b: 20 }), 30);
      assertEquals(await client.call("twice"), 42);
      assertEquals(await client.call("bytes", { bytes: new Uint8Array(200_000) }), 200_000);
      assertEquals(server.server.connections, 1);
      await client.close();
    });
  }

  Deno.test(`${engine}: 16 MiB reach a slow reader, and the sender waits for it`, async () => {
    const sent: number[] = [];
    const text = "x".repeat(MiB);
    const items = method({
      ...open,
      handler: async function* () {
        for (let n = 0; n < 16; n++) {
          sent.push(n);
          yield text;
        }
      },
    });
    await using server = await startHttps({ items }, { engine });
    const client = await connect(server.url, { ca: await ca() });
    let length = 0;
    let most = 0;
    let taken = 0;
    for await (const item of client.stream("items", {})) {
      most = Math.max(most, sent.length - taken);
      taken++;
      length += (item as string).length;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assertEquals(length, 16 * MiB);
    assert(most < 16, `${most} items were sent before they were taken`);
    await client.close();
  });

  Deno.test(`${engine}: a line of 15 MiB is echoed`, async () => {
    await using server = await startHttps(methods, { engine });
    const client = await connect(server.url, {
      ca: await ca(),
      login: { username: "alice", password: PASSWORD },
    });
    const text = "x".repeat(15 * MiB);
    assertEquals(await client.call("echo", { text }) === text, true);
    await client.close();
  });

  Deno.test(`${engine}: whoever the credential of the request names has the connection`, async () => {
    await using server = await startHttps(methods, { engine });
    const login = await server.post("/login", { username: "alice", password: PASSWORD });
    await login.body?.cancel();
    const [cookie = ""] = login.headers.getSetCookie()[0]?.split(";") ?? [];
    const cases: [headers: Record<string, string>, answer: RegExp][] = [
      [{}, /"result":null/],
      [{ Authorization: `Bearer ${server.apiKey}` }, /"result":"alice"/],
      [{ Cookie: cookie }, /"result":"alice"/],
      [{ Cookie: "__Host-dari=dses_gone" }, /"result":null/],
      [{ Authorization: "Bearer dses_gone" }, /^HTTP\/1.1 401 /],
      [{ Origin: "https://elsewhere.example" }, /^HTTP\/1.1 403 /],
      [{ "Sec-Fetch-Site": "cross-site" }, /^HTTP\/1.1 403 /],
      [{ "Sec-WebSocket-Version": "12" }, /^HTTP\/1.1 426 /],
      [{ "Sec-WebSocket-Protocol": "chat" }, /^HTTP\/1.1 400 /],
      [{ "Sec-WebSocket-Key": "short" }, /^HTTP\/1.1 400 /],
    ];
    for (const [headers, answer] of cases) {
      using conn = await socketOf(server, headers);
      const head = await readUntil(conn, /\r\n\r\n/);
      if (!answer.source.startsWith("^")) {
        assertMatch(head, /^HTTP\/1.1 101 /);
        await conn.write(masked(1, JSON.stringify(rpc("who"))));
        assertMatch(await readUntil(conn, /"id":1/), answer);
      } else assertMatch(head, answer);
    }
  });

  Deno.test(`${engine}: without a subprotocol each line is a text message of its own`, async () => {
    await using server = await startHttps(methods, { engine });
    using conn = await socketOf(server);
    await readUntil(conn, /\r\n\r\n/);
    const calls = [1, 2, 3].map((id) => masked(1, JSON.stringify(rpc("add", { a: id, b: 0 }, id))));
    for (const call of calls) await conn.write(call);
    const heard = await readUntil(conn, /"id":3[^]*\}/);
    const texts = [...heard.matchAll(/\x81.(\{[^\n]*\})\n/g)].map(([, text]) => JSON.parse(text!));
    assertEquals(texts.map(({ result }) => result), [1, 2, 3]);
  });

  Deno.test(`${engine}: a server that stops lets calls over a WebSocket finish`, async () => {
    const begun = Promise.withResolvers<void>();
    const slow = method({
      ...open,
      handler: async () => {
        begun.resolve();
        await new Promise((resolve) => setTimeout(resolve, 50));
        return "done";
      },
    });
    await using server = await startHttps({ slow }, { engine });
    const client = await connect(server.url, { ca: await ca() });
    const answer = client.call("slow", {});
    await begun.promise;
    await Promise.all([server.server.close(5_000), answer]);
    assertEquals(await answer, "done");
    assertEquals(server.server.connections, 0);
    await client.close();
  });

  Deno.test(`${engine}: GET /ws without an upgrade says what the path is`, async () => {
    await using server = await startHttps(methods, { engine });
    const reply = await server.fetch("/ws");
    assertEquals([reply.status, (await reply.json()).title], [426, "Upgrade Required"]);
  });
}

const CLOSE_1002 = new RegExp("\x88\x02\x03\xea");
const CLOSE_1009 = new RegExp("\x88\x02\x03\xf1");
const PONG = new RegExp("\x8a\x02hi");

Deno.test("strict: frames that break the rules close the WebSocket, and nothing is called", async () => {
  let calls = 0;
  const count = method({ ...open, handler: () => ++calls });
  await using server = await startHttps({ count }, { engine: "strict" });
  const text = new TextEncoder().encode(JSON.stringify(rpc("count")));
  const cases: [name: string, frame: number[], code: RegExp][] = [
    ["unmasked", [0x81, text.length, ...text], CLOSE_1002],
    ["reserved bits", [0xc1, 0x80, 0, 0, 0, 0], CLOSE_1002],
    ["an unknown opcode", [0x83, 0x80, 0, 0, 0, 0], CLOSE_1002],
    ["a continuation of nothing", [0x80, 0x80, 0, 0, 0, 0], CLOSE_1002],
    ["a ping in pieces", [0x09, 0x80, 0, 0, 0, 0], CLOSE_1002],
    ["16 MiB before a sign-in", [0x81, 0xff, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], CLOSE_1009],
  ];
  for (const [name, frame, code] of cases) {
    using conn = await socketOf(server);
    await readUntil(conn, /\r\n\r\n/);
    await conn.write(new Uint8Array(frame));
    assertMatch(await readUntil(conn, code), code, name);
  }
  assertEquals(calls, 0);
});

Deno.test("strict: a ping is answered, also in the middle of a message", async () => {
  await using server = await startHttps(methods, { engine: "strict" });
  using conn = await socketOf(server);
  await readUntil(conn, /\r\n\r\n/);
  const text = new TextEncoder().encode(JSON.stringify(rpc("add", { a: 1, b: 2 })));
  await conn.write(new Uint8Array([0x01, 0x80 | 5, 0, 0, 0, 0, ...text.subarray(0, 5)]));
  await conn.write(masked(9, "hi"));
  assertMatch(await readUntil(conn, PONG), PONG);
  const rest = text.subarray(5);
  await conn.write(new Uint8Array([0x80, 0x80 | rest.length, 0, 0, 0, 0, ...rest]));
  assertMatch(await readUntil(conn, /"result"/), /"result":3/);
});

Deno.test('connect("wss://…") trusts as connect("tls://…") does', async () => {
  await using server = await startHttps(methods, { engine: "strict" });
  const { authority } = await world();
  const target = server.url.replace("https:", "wss:");
  const error = await assertRejects(() => connect(target), Error);
  assertMatch(error.message, /not trusted/);
  const ways = [{ ca: authority.pem }, { ca: authority.pem, caOnly: true }, {
    insecure: true,
    warn: () => {},
  }];
  for (const way of ways) {
    const client = await connect<typeof methods>(`${target}/ws`, way);
    assertEquals(await client.call("add", { a: 1, b: 2 }), 3);
    await client.close();
  }
});
