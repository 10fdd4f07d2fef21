import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { serve, type ServeOptions } from "../../lib/endpoint/serve.ts";
import { TransportError } from "../../lib/base/errors.ts";
import { sampleMethods } from "../../lib/cli/sample/sample_methods.ts";
import { connectTls } from "../../lib/transport/tls/tls_connect.ts";
import type { Connection } from "../../lib/transport/connection.ts";
import { dialAs, world } from "../support/mutual_tls.ts";
import { hasOpenssl } from "../support/openssl.ts";
import { talkByOpenssl } from "../support/openssl_client.ts";
import { startOpensslServer } from "../support/openssl_server.ts";
import { tempDirectory } from "../support/temp.ts";
import { clientPair, type TlsPair, tlsPair } from "../support/tls_certificates.ts";

if (!hasOpenssl) console.log("no openssl: it is not run against mutual TLS, nor we against it");

const ignore = !hasOpenssl;
const add = '{"jsonrpc":"2.0","id":1,"method":"add","params":{"a":10,"b":20}}\n';
const answer = /^\{"jsonrpc":"2\.0","id":1,"result":30\}$/m;

/** Starts a server and talks to it with `openssl s_client`, which shows this certificate. */
async function talk(
  shown: Pick<TlsPair, "cert" | "key"> | undefined,
  { server = {}, words = [] }: { server?: Partial<ServeOptions>; words?: string[] } = {},
) {
  const { authority, server: pair } = await world();
  await using directory = await tempDirectory();
  const path = (name: string) => `${directory.path}/${name}`;
  const refusals: string[] = [];
  await using running = await serve({
    listen: "tls://127.0.0.1:0",
    methods: sampleMethods,
    data: directory.path,
    tls: pair,
    clientCa: authority.pem,
    onRefused: (_address, reason) => refusals.push(reason),
    ...server,
  });
  await Deno.writeTextFile(path("ca"), authority.pem);
  await Deno.writeTextFile(path("cert"), shown?.cert ?? "");
  await Deno.writeTextFile(path("key"), shown?.key ?? "");
  const said = await talkByOpenssl(
    running.addresses[0]!,
    add,
    ...["-CAfile", path("ca"), "-verify_return_error", "-alpn", "dari/1", "-quiet", "-no_ign_eof"],
    ...(shown === undefined ? [] : ["-cert", path("cert"), "-key", path("key")]),
    ...words,
  );
  return { ...said, refusals };
}

for (const version of ["-tls1_2", "-tls1_3"]) {
  Deno.test({
    name: `openssl s_client ${version} calls over mutual TLS with a certificate of ours`,
    ignore,
    async fn() {
      const { client } = await world();
      const { output, refusals } = await talk(client, { words: [version] });
      assertMatch(output, answer);
      assertEquals(refusals, []);
    },
  });

  Deno.test({
    name:
      `openssl s_client ${version} gets no answer over mutual TLS with a wrong certificate, or none`,
    ignore,
    async fn() {
      const { authority, foreign } = await world();
      const shown = {
        none: undefined,
        foreign: await clientPair(foreign, "worker.internal"),
        "a server's": await tlsPair(authority),
        expired: await clientPair(authority, "worker.internal", { notAfterMs: Date.now() - 1_000 }),
      };
      for (const [what, pair] of Object.entries(shown)) {
        const { output, refusals } = await talk(pair, { words: [version] });
        assert(!output.includes('"result"'), what);
        assertEquals(refusals.length, 1, what);
      }
    },
  });
}

for (const clientCa of [true, false]) {
  Deno.test({
    name: `openssl s_client finds TLS 1.3 alone with tlsMin, ${
      clientCa ? "with" : "without"
    } client certificates`,
    ignore,
    async fn() {
      const { client } = await world();
      const server = { tlsMin: "1.3", ...clientCa ? {} : { clientCa: undefined } } as const;
      const old = await talk(client, { server, words: ["-tls1_2"] });
      assert(!old.output.includes('"result"'));
      assertMatch(old.errors, /alert protocol version/);
      assertMatch((await talk(client, { server, words: ["-tls1_3"] })).output, answer);
    },
  });
}

/** Sends a line to `openssl s_server` and takes one back. */
async function exchange(server: Awaited<ReturnType<typeof startOpensslServer>>, near: Connection) {
  await near.send("question\n");
  await server.printed("question");
  await server.send("answer\n");
  assertEquals(await near.receive(), "answer\n");
  near.abort();
}

for (const version of ["-tls1_2", "-tls1_3"]) {
  Deno.test({
    name: `connectTls() talks to openssl s_server ${version}`,
    ignore,
    async fn() {
      const { authority, server: pair } = await world();
      await using server = await startOpensslServer(pair, version);
      const to = { host: "localhost", port: server.port, ca: [authority.pem] };
      await exchange(server, await connectTls(to));
    },
  });

  Deno.test({
    name: `connectMutualTls() talks to openssl s_server ${version}, which verifies its certificate`,
    ignore,
    async fn() {
      const { authority, client, server: pair } = await world();
      await using directory = await tempDirectory();
      await Deno.writeTextFile(`${directory.path}/ca`, authority.pem);
      const words = ["-Verify", "1", "-verify_return_error", "-CAfile", `${directory.path}/ca`];
      await using server = await startOpensslServer(pair, version, ...words);
      const near = await dialAs(client, server.port, { host: "localhost" });
      assertEquals(near.peer.protocol, version === "-tls1_2" ? "TLSv1.2" : "TLSv1.3");
      await exchange(server, near);
    },
  });
}

Deno.test({
  name:
    "connectTls() and connectMutualTls() refuse an openssl s_server of another authority or name",
  ignore,
  async fn() {
    const { authority, foreign, client } = await world();
    const shown: [TlsPair, RegExp][] = [
      [await tlsPair(foreign), /not trusted here/],
      [await tlsPair(authority, { names: ["other.internal"] }), /for other names/],
    ];
    for (const [pair, words] of shown) {
      await using server = await startOpensslServer(pair);
      const to = { host: "localhost", port: server.port };
      const { message } = await assertRejects(
        () => connectTls({ ...to, ca: [authority.pem] }),
        TransportError,
      );
      assertMatch(message, words);
      const mutual = await assertRejects(() => dialAs(client, server.port, to), TransportError);
      assertMatch(mutual.message, words);
    }
  },
});
