import { assertEquals } from "@std/assert";
import type { HttpsOptions } from "../../../lib/http/gateway_options.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { chromium, ChromiumPage } from "../../support/chromium.ts";
import { run } from "../../support/generated_client.ts";
import { type HttpsServer, startHttps } from "../../support/https_server.ts";
import { isInstalled } from "../../support/installed.ts";
import { world } from "../../support/mutual_tls.ts";
import { tempDirectory } from "../../support/temp.ts";

const hasCurl = await isInstalled("curl", "--version");
const hasOpenssl = await isInstalled("openssl", "version");
const hasNghttp = await isInstalled("h2load", "--version");
for (const [name, isThere] of Object.entries({ hasCurl, hasOpenssl, hasNghttp })) {
  if (!isThere) console.log(`${name}: no; what it says of HTTP/2 is not tried`);
}

const methods = {
  add: method({ public: true, handler: ({ a, b }: { a: number; b: number }) => a + b }),
  /** The port of the client: calls of one connection have the same. */
  where: method({ public: true, handler: (_: unknown, { peer }: Context) => peer?.address }),
  count: method({
    public: true,
    async *handler({ to }: { to: number }) {
      for (let n = 1; n <= to; n++) yield n;
    },
  }),
};

async function startStrict(options: Partial<HttpsOptions> = {}): Promise<HttpsServer> {
  return await startHttps(methods, { engine: "strict", ...options });
}

async function curl(gateway: HttpsServer, ...args: string[]): Promise<string> {
  await using directory = await tempDirectory();
  const ca = `${directory.path}/ca.pem`;
  await Deno.writeTextFile(ca, (await world()).authority.pem);
  return await run(
    "curl",
    ["--silent", "--max-time", "20", "--cacert", ca, ...args]
      .map((arg) => arg.replace("BASE", gateway.url)),
  );
}

/** Ends a program in the middle of its requests. */
async function breakOff(command: string, ...args: string[]): Promise<void> {
  const child = new Deno.Command(command, { args, stdout: "piped", stderr: "null" }).spawn();
  const printed = child.stdout.pipeThrough(new TextDecoderStream());
  for await (const text of printed) if (text.includes("TLS Protocol")) break;
  child.kill("SIGKILL");
  await child.status;
}

const WRITE = ["--write-out", " %{http_version} %{http_code}"];
const JSON_TYPE = ["-H", "Content-Type: application/json"];

Deno.test({
  name: "curl chooses HTTP/2 or HTTP/1.1, and reads the same",
  ignore: !hasCurl,
  async fn() {
    await using gateway = await startStrict();
    const call = [...WRITE, ...JSON_TYPE, "-d", '{"a":1,"b":2}', "BASE/rpc/add"];
    assertEquals(await curl(gateway, "--http2", ...call), "3 2 200");
    assertEquals(await curl(gateway, "--http1.1", ...call), "3 1.1 200");
    const stream = ["-H", "Accept: text/event-stream", "BASE/rpc/count?params=%7B%22to%22:2%7D"];
    const [two, one] = [
      await curl(gateway, "--http2", ...stream),
      await curl(gateway, "--http1.1", ...stream),
    ];
    assertEquals([two === one, /data: ?2/.test(two)], [true, true]);
  },
});

Deno.test({
  name: "curl reads by HTTP/2 the refusal of a request whose body nobody reads",
  ignore: !hasCurl,
  async fn() {
    await using gateway = await startStrict();
    await using directory = await tempDirectory();
    const body = `${directory.path}/body`;
    for (const bytes of [2, 100_000, 2 * 1024 * 1024]) {
      await Deno.writeFile(body, new Uint8Array(bytes));
      for (const upload of [["--data-binary", `@${body}`], ["-X", "POST", "-T", body]]) {
        const origin = ["-H", "Origin: https://evil.example"];
        const args = [
          "--http2",
          "--output",
          "/dev/null",
          ...WRITE,
          ...JSON_TYPE,
          ...origin,
          ...upload,
        ];
        assertEquals(
          await curl(gateway, ...args, "BASE/rpc/add"),
          " 2 403",
          `${bytes} ${upload[0]}`,
        );
      }
    }
  },
});

Deno.test({
  name:
    "the handshake chooses HTTP/2 where the client offers it, and HTTP/1.1 where it offers nothing",
  ignore: !hasOpenssl,
  async fn() {
    await using gateway = await startStrict();
    const chosen = async (...alpn: string[]) => {
      const address = ["-connect", `127.0.0.1:${gateway.port}`];
      const child = new Deno.Command("openssl", {
        args: ["s_client", ...address, ...alpn],
        stdin: "null",
        stderr: "null",
      });
      const printed = new TextDecoder().decode((await child.output()).stdout);
      return /ALPN protocol: (\S+)/.exec(printed)?.[1];
    };
    assertEquals(await chosen("-alpn", "http/1.1,h2"), "h2");
    assertEquals(await chosen("-alpn", "http/1.1"), "http/1.1");
    assertEquals(await chosen(), undefined);
  },
});

Deno.test({
  name: "h2load is answered on every stream, and the server outlives connections that break off",
  ignore: !hasNghttp,
  async fn() {
    await using gateway = await startStrict();
    const load = async (...args: string[]) =>
      await run("h2load", [...args, `${gateway.url}/healthz`]);
    for (const [connections, streams] of [[1, 1], [4, 100]]) {
      const printed = await load("-n", "1000", "-c", String(connections), "-m", String(streams));
      assertEquals(/(\d+) succeeded, (\d+) failed/.exec(printed)?.slice(1), ["1000", "0"]);
    }
    await breakOff("h2load", "-n", "1000000", "-c", "4", "-m", "50", `${gateway.url}/healthz`);
    const reply = await gateway.fetch("/healthz");
    assertEquals(await reply.text(), "ok\n");
  },
});

Deno.test({
  name: "Chromium calls, streams and opens a WebSocket over one connection of HTTP/2 (RFC 8441)",
  ignore: chromium === undefined,
  async fn() {
    const headers = { "content-type": "text/html" };
    await using gateway = await startStrict({
      fetch: () => new Response("<!doctype html><title>page</title>", { headers }),
    });
    await using page = await ChromiumPage.open(gateway.url);
    const seen = await page.evaluate(`(async () => {
      const call = (path) => fetch(path, { method: "POST" }).then((reply) => reply.json());
      const where = await call("/rpc/where");
      const { nextHopProtocol } = performance.getEntriesByType("resource").at(-1);
      const events = await fetch("/rpc/count?params=%7B%22to%22:3%7D", { headers: { accept: "text/event-stream" } });
      const stream = await events.text();
      const socket = new WebSocket("/ws");
      const told = await new Promise((resolve, reject) => {
        socket.onopen = () => socket.send('{"jsonrpc":"2.0","id":1,"method":"where"}\\n');
        socket.onmessage = ({ data }) => resolve(JSON.parse(data).result);
        socket.onerror = () => reject(new Error("no WebSocket"));
      });
      const closed = new Promise((resolve) => socket.onclose = ({ code }) => resolve(code));
      socket.close(1000);
      return { where, nextHopProtocol, items: stream.match(/^data: ?.*$/gm).length, told, code: await closed };
    })()`);
    const { where, told, items, ...rest } = seen;
    assertEquals(rest, { nextHopProtocol: "h2", code: 1000 });
    assertEquals(told, where);
    assertEquals(items >= 3, true);
  },
});
