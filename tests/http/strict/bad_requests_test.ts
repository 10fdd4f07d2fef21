import { assert, assertEquals, assertMatch } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { run } from "../../support/generated_client.ts";
import { type HttpsServer, startHttps } from "../../support/https_server.ts";
import { world } from "../../support/mutual_tls.ts";
import { isInstalled } from "../../support/installed.ts";
import { tempDirectory } from "../../support/temp.ts";

const hasCurl = await isInstalled("curl", "--version");
if (!hasCurl) console.log("no curl: what it reads of refusals over HTTP/2 is not tried");

let calls = 0;
const methods = { add: method({ public: true, handler: () => ++calls }) };
const HOST = "Host: localhost\r\n";
const TYPE = "Content-Type: application/json\r\n";
const BODY = '{"jsonrpc":"2.0","id":1,"method":"add"}';
const LENGTH = `Content-Length: ${BODY.length}\r\n`;
const CHUNKED = "Transfer-Encoding: chunked\r\n";
const CHUNKS = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

/** Requests that servers and proxies are known to read differently, each with a call in it. */
const smuggled: Record<string, string> = {
  "Content-Length beside chunks":
    `POST /rpc HTTP/1.1\r\n${HOST}${TYPE}${LENGTH}${CHUNKED}\r\n${CHUNKS}`,
  "two lengths": `POST /rpc HTTP/1.1\r\n${HOST}${TYPE}${LENGTH}Content-Length: 2\r\n\r\n${BODY}`,
  "one length twice": `POST /rpc HTTP/1.1\r\n${HOST}${TYPE}${LENGTH}${LENGTH}\r\n${BODY}`,
  "a list of lengths":
    `POST /rpc HTTP/1.1\r\n${HOST}${TYPE}Content-Length: ${BODY.length}, ${BODY.length}\r\n\r\n${BODY}`,
  "a length with a sign":
    `POST /rpc HTTP/1.1\r\n${HOST}${TYPE}Content-Length: +${BODY.length}\r\n\r\n${BODY}`,
  "a folded header": `POST /rpc HTTP/1.1\r\n${HOST}X: a\r\n b\r\n${TYPE}${LENGTH}\r\n${BODY}`,
  "a space before the colon":
    `POST /rpc HTTP/1.1\r\n${HOST}${TYPE}Content-Length : ${BODY.length}\r\n\r\n${BODY}`,
  "an unknown coding":
    `POST /rpc HTTP/1.1\r\n${HOST}${TYPE}Transfer-Encoding: xchunked\r\n\r\n${CHUNKS}`,
  "two codings":
    `POST /rpc HTTP/1.1\r\n${HOST}${TYPE}${CHUNKED}Transfer-Encoding: identity\r\n\r\n${CHUNKS}`,
  "two hosts": `POST /rpc HTTP/1.1\r\n${HOST}Host: other\r\n${TYPE}${LENGTH}\r\n${BODY}`,
  "a NUL in a header": `POST /rpc HTTP/1.1\r\n${HOST}X: a\0b\r\n${TYPE}${LENGTH}\r\n${BODY}`,
};

/** What the strict engine refuses as well; Deno.serve takes these. */
const smuggledStrictly: Record<string, string> = {
  "bare LF": `POST /rpc HTTP/1.1\nHost: localhost\n${TYPE}${LENGTH}\n${BODY}`,
  "a bare LF behind one header":
    `POST /rpc HTTP/1.1\r\nHost: localhost\n${TYPE}${LENGTH}\r\n${BODY}`,
  "a coding before chunks":
    `POST /rpc HTTP/1.1\r\n${HOST}${TYPE}Transfer-Encoding: gzip, chunked\r\n\r\n${CHUNKS}`,
  "bare LF between chunks": `POST /rpc HTTP/1.1\r\n${HOST}${TYPE}${CHUNKED}\r\n${
    CHUNKS.replaceAll("\r\n", "\n")
  }`,
  "no host": `POST /rpc HTTP/1.1\r\n${TYPE}${LENGTH}\r\n${BODY}`,
  "a whole URL as the target":
    `POST https://localhost/rpc HTTP/1.1\r\n${HOST}${TYPE}${LENGTH}\r\n${BODY}`,
  "HTTP/0.9": `POST /rpc\r\n${HOST}${TYPE}${LENGTH}\r\n${BODY}`,
};

async function refuses(gateway: HttpsServer, requests: Record<string, string>) {
  for (const [name, request] of Object.entries(requests)) {
    const before = calls;
    const answer = await gateway.raw(request);
    assertMatch(answer, /^HTTP\/1\.1 400 /, name);
    assertEquals(calls, before, `${name}: nothing may be executed`);
  }
}

Deno.test("the strict engine refuses requests that others read differently with 400", async () => {
  await using gateway = await startHttps(methods, { engine: "strict" });
  await refuses(gateway, { ...smuggled, ...smuggledStrictly });
});

Deno.test("the fast engine refuses requests with two lengths, two codings and two hosts with 400", async () => {
  await using gateway = await startHttps(methods, { engine: "fast" });
  await refuses(gateway, smuggled);
});

Deno.test("a request behind one that was refused is not read", async () => {
  await using gateway = await startHttps(methods, { engine: "strict" });
  const behind = `POST /rpc HTTP/1.1\r\n${HOST}${TYPE}${LENGTH}Connection: close\r\n\r\n${BODY}`;
  const before = calls;
  await gateway.raw(
    `POST /rpc HTTP/1.1\r\n${HOST}${TYPE}${LENGTH}${CHUNKED}\r\n0\r\n\r\n${behind}`,
  );
  assertEquals(calls, before);
  assertMatch(await gateway.raw(behind), /^HTTP\/1\.1 200 /);
  assertEquals(calls, before + 1);
});

Deno.test("headers that come too slowly are answered with 408", async () => {
  await using gateway = await startHttps(methods, { engine: "strict", headersTimeoutMs: 300 });
  const answer = await gateway.raw("POST /rpc HTTP/1.1\r\nHost: loc", /408,/);
  assertMatch(answer, /^HTTP\/1\.1 408 Request Timeout\r\n/);
  assertMatch(answer, /"status":408/);
});

Deno.test("a body that comes too slowly is answered with 408, and its call is not run", async () => {
  const times = { headersTimeoutMs: 300, requestTimeoutMs: 400 };
  await using gateway = await startHttps(methods, { engine: "strict", ...times });
  const before = calls;
  const head = `POST /rpc HTTP/1.1\r\n${HOST}${TYPE}${LENGTH}\r\n`;
  assertMatch(await gateway.raw(head + BODY.slice(0, -1)), /^HTTP\/1\.1 408 /);
  assertEquals(calls, before);
});

Deno.test("too many headers, and too long ones, are answered with 431", async () => {
  await using gateway = await startHttps(methods, { engine: "strict" });
  const many = Array.from({ length: limits.maxHttpHeaders }, (_, at) => `X-${at}: 1\r\n`).join("");
  const long = `X: ${"a".repeat(limits.maxHttpHeaderBytes)}\r\n`;
  for (const headers of [many, long]) {
    const answer = await gateway.raw(`GET /healthz HTTP/1.1\r\n${HOST}${headers}\r\n`);
    assertMatch(answer, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
  }
  const fitting = many.split("\r\n").slice(2).join("\r\n"); // Host and Connection are headers too
  const answer = await gateway.raw(
    `GET /healthz HTTP/1.1\r\n${HOST}Connection: close\r\n${fitting}\r\n`,
  );
  assertMatch(answer, /^HTTP\/1\.1 200 OK\r\n/);
});

for (const engine of ["fast", "strict"] as const) {
  Deno.test(`a body in chunks is bounded as one with a length is (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const head = `POST /rpc HTTP/1.1\r\n${HOST}${TYPE}${CHUNKED}Connection: close\r\n\r\n`;
    assertMatch(await gateway.raw(head + CHUNKS), /^HTTP\/1\.1 200 /);
    const piece = `2000\r\n${" ".repeat(0x2000)}\r\n`;
    const pieces = piece.repeat(limits.maxLineBytesBeforeSignIn / 0x2000 + 1);
    const answer = await gateway.raw(`${head}${pieces}`, /\r\n\r\n/);
    assertMatch(answer, /^HTTP\/1\.1 413 /);
  });

  Deno.test(`a body of another type or compressed is answered with 415, and its call is not run (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const before = calls;
    const types = [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data",
      "json",
    ];
    for (const type of types) {
      for (const path of ["/rpc", "/rpc/add", "/login"]) {
        const headers = { "content-type": type };
        const reply = await gateway.fetch(path, { method: "POST", body: BODY, headers });
        assertEquals(reply.status, 415, `${path} ${type}`);
        assert(reply.headers.get("accept")?.startsWith("application/json"));
        await reply.body?.cancel();
      }
    }
    for (const path of ["/rpc", "/rpc/add", "/login"]) {
      const headers = { "content-type": "application/json", "content-encoding": "gzip" };
      const reply = await gateway.fetch(path, { method: "POST", body: BODY, headers });
      assertEquals([reply.status, reply.headers.get("accept-encoding")], [415, "identity"], path);
      assertMatch(await reply.text(), /Content-Encoding/);
    }
    assertEquals(calls, before);
    const accepted = ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'];
    for (const type of accepted) {
      const headers = { "content-type": type };
      const reply = await gateway.fetch("/rpc", { method: "POST", body: BODY, headers });
      assertEquals(reply.status, 200, type);
      await reply.body?.cancel();
    }
  });
}

Deno.test({
  name: "curl over HTTP/2 reads the status of a request that is refused before its body was read",
  ignore: !hasCurl,
  async fn() {
    await using gateway = await startHttps(methods, { engine: "fast" });
    await using directory = await tempDirectory();
    const [ca, body] = [`${directory.path}/ca.pem`, `${directory.path}/body`];
    await Deno.writeTextFile(ca, (await world()).authority.pem);
    const before = calls;
    for (const bytes of [2, limits.maxLineBytesBeforeSignIn + 1, 2 * 1024 * 1024]) {
      await Deno.writeFile(body, new Uint8Array(bytes));
      for (const upload of [["--data-binary", `@${body}`], ["-X", "POST", "-T", body]]) {
        const printed = await run("curl", [
          ...["--silent", "--http2", "--max-time", "20", "--cacert", ca, "--output", "/dev/null"],
          ...["--write-out", "%{http_version} %{http_code}", ...upload],
          ...["-H", "Content-Type: application/json", "-H", "Origin: https://evil.example"],
          `${gateway.url}/rpc/add`,
        ]);
        assertEquals(printed, "2 403", `${bytes} bytes ${upload[0]}`);
      }
    }
    assertEquals(calls, before);
  },
});
