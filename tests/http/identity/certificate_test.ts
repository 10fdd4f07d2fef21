import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { FLAG, FRAME, PREFACE } from "../../../lib/http/h2/frames/frame.ts";
import type { HttpsOptions } from "../../../lib/http/gateway_options.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { frame, head } from "../../support/http2_peer.ts";
import { startHttps } from "../../support/https_server.ts";
import { world } from "../../support/mutual_tls.ts";
import { clientPair, tlsAuthority } from "../../support/tls_certificates.ts";

const methods = {
  who: method({
    public: true,
    handler: (_: unknown, { principal }: Context) => principal?.name ?? "nobody",
  }),
};

async function startWithClients(https: Partial<HttpsOptions> = {}) {
  const { authority } = await world();
  return await startHttps(methods, https, { clientCa: authority.pem });
}

Deno.test("a client certificate stands for its holder in every call", async () => {
  const { client } = await world();
  await using gateway = await startWithClients();
  const seen: unknown[] = [];
  for (let round = 0; round < 3; round++) {
    const reply = await gateway.fetch("/rpc/who", { method: "POST", cert: client });
    seen.push(await reply.json());
  }
  assertEquals(seen, Array(3).fill("certificate:worker.internal"));
  await gateway.identity.certificates.map("alice", "worker.internal");
  const mapped = await gateway.fetch("/rpc/who", { method: "POST", cert: client });
  assertEquals(await mapped.json(), "alice");
});

Deno.test("a client without a certificate may sign in, unless one is required", async () => {
  const { client } = await world();
  await using asked = await startWithClients();
  const stranger = await asked.fetch("/rpc/who", { method: "POST" });
  assertEquals(await stranger.json(), "nobody");
  const headers = { authorization: `Bearer ${asked.apiKey}` };
  const known = await asked.fetch("/rpc/who", { method: "POST", headers });
  assertEquals(await known.json(), "alice");

  await using required = await startWithClients({ clientCertificates: "required" });
  const refused = await required.fetch("/rpc/who", { method: "POST", headers });
  assertEquals(refused.status, 403);
  assertMatch((await refused.json()).detail, /a client certificate is required/);
  const taken = await required.fetch("/rpc/who", { method: "POST", cert: client });
  assertEquals(await taken.json(), "certificate:worker.internal");
});

Deno.test("a certificate of another authority is refused, and is nobody's", async () => {
  const foreign = await clientPair(await tlsAuthority("CN=foreign"), "worker.internal");
  await using gateway = await startWithClients();
  const reply = await gateway.fetch("/rpc/who", { method: "POST", cert: foreign });
  assertEquals(reply.status, 403);
  assertMatch((await reply.json()).detail, /its certificate is refused/);
});

function callByHttp1(): Uint8Array {
  const length = "Content-Length: 0";
  const head =
    `POST /rpc/who HTTP/1.1\r\nHost: localhost\r\n${length}\r\nConnection: close\r\n\r\n`;
  return new TextEncoder().encode(head);
}

function callByHttp2(): Uint8Array {
  const call = head("POST", "/rpc/who");
  return new Uint8Array([
    ...new TextEncoder().encode(PREFACE),
    ...frame(FRAME.settings, 0, 0),
    ...frame(FRAME.headers, FLAG.endStream | FLAG.endHeaders, 1, call),
  ]);
}

Deno.test("a session that was resumed counts as one without a certificate", async () => {
  const { client, authority } = await world();
  const directory = await Deno.makeTempDir();
  try {
    const file = (name: string, text: string) => {
      Deno.writeTextFileSync(`${directory}/${name}`, text);
      return `${directory}/${name}`;
    };
    const ca = file("ca.pem", authority.pem);
    const identity = ["-cert", file("c.pem", client.cert), "-key", file("c.key", client.key)];
    const ask = async (alpn: string, gateway: { port: number }, ...options: string[]) => {
      const child = new Deno.Command("openssl", {
        args: [
          "s_client",
          ...["-connect", `127.0.0.1:${gateway.port}`, "-CAfile", ca, "-alpn", alpn],
          ...["-quiet", "-no_ign_eof", ...options],
        ],
        stdin: "piped",
        stdout: "piped",
        stderr: "null",
        signal: AbortSignal.timeout(10_000),
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(alpn === "h2" ? callByHttp2() : callByHttp1());
      let answer = "";
      for await (const text of child.stdout.pipeThrough(new TextDecoderStream("latin1"))) {
        answer += text;
        if (/nobody|worker\.internal|has none/.test(answer)) break;
      }
      await writer.close().catch(() => {});
      await child.status;
      return answer;
    };
    const session = ["-sess_out", `${directory}/session`];
    const resumed = ["-sess_in", `${directory}/session`];
    await using asked = await startWithClients();
    // Servers of one process share their ticket key: a session of one opens the other.
    await using required = await startWithClients({ clientCertificates: "required" });
    for (const alpn of ["http/1.1", "h2"]) {
      const known = /"certificate:worker\.internal"/;
      assertMatch(await ask(alpn, asked, ...identity, ...session), known);
      assertMatch(await ask(alpn, asked, ...resumed), /"nobody"/);
      assertMatch(await ask(alpn, required, ...resumed), /403[^]*the connection has none/);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("the fast engine refuses to start where it would have to ask for certificates", async () => {
  const error = await assertRejects(() => startWithClients({ engine: "fast" }), DariError);
  assertEquals(error.code, "configuration");
  assert(error.message.includes("client certificates"));
});
