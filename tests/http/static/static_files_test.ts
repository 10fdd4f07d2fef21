import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { ENGINES, startHttps } from "../../support/https_server.ts";
import { tempDirectory } from "../../support/temp.ts";

async function makeSite(path: string) {
  await Deno.mkdir(`${path}/site/sub`, { recursive: true });
  await Deno.mkdir(`${path}/site/.git`);
  await Deno.writeTextFile(`${path}/secret.txt`, "secret");
  await Deno.writeTextFile(`${path}/site/index.html`, "<p>home</p>");
  await Deno.writeTextFile(`${path}/site/sub/index.html`, "<p>sub</p>");
  await Deno.writeTextFile(`${path}/site/a b.css`, "p {}");
  await Deno.writeTextFile(`${path}/site/data.unknown`, "?");
  await Deno.writeTextFile(`${path}/site/.env`, "secret");
  await Deno.writeTextFile(`${path}/site/.git/config`, "secret");
  await Deno.symlink(`${path}/secret.txt`, `${path}/site/link.txt`);
  return `${path}/site`;
}

for (const engine of ENGINES) {
  Deno.test(`files are served with their types, and directories by their index (${engine})`, async () => {
    await using directory = await tempDirectory();
    await using gateway = await startHttps({}, {
      engine,
      static: await makeSite(directory.path),
    });
    const cases: [string, string, string][] = [
      ["/", "<p>home</p>", "text/html; charset=utf-8"],
      ["/index.html", "<p>home</p>", "text/html; charset=utf-8"],
      ["/sub/", "<p>sub</p>", "text/html; charset=utf-8"],
      ["/a%20b.css?v=1", "p {}", "text/css; charset=utf-8"],
      ["/data.unknown", "?", "application/octet-stream"],
    ];
    for (const [path, text, type] of cases) {
      const reply = await gateway.fetch(path);
      assertEquals([reply.status, await reply.text()], [200, text], path);
      assertEquals(reply.headers.get("content-type"), type);
      assertEquals(reply.headers.get("x-content-type-options"), "nosniff");
    }
    const bare = await gateway.fetch("/sub", { redirect: "manual" });
    assertEquals([bare.status, bare.headers.get("location")], [301, "/sub/"]);
    await bare.body?.cancel();
    const head = await gateway.fetch("/", { method: "HEAD" });
    assertEquals([head.status, await head.text()], [200, ""]);
    assertEquals(head.headers.get("content-length"), String("<p>home</p>".length));
  });

  Deno.test(`nothing outside the directory is served, and nothing hidden (${engine})`, async () => {
    await using directory = await tempDirectory();
    await using gateway = await startHttps({}, {
      engine,
      static: await makeSite(directory.path),
    });
    const paths = [
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/sub/..%2f..%2fsecret.txt",
      "/..%5csecret.txt",
      "/sub/%2e%2e/%2e%2e/secret.txt",
      "/.env",
      "/.git/config",
      "/%2egit/config",
      "/link.txt",
      "//secret.txt",
      "/index.html%00.txt",
      "/%",
      `/${"a".repeat(limits.maxStaticPathLength)}`,
      "/missing.txt",
    ];
    for (const path of paths) {
      const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
      const answer = await gateway.raw(request, /\r\n\r\n.*\}/s);
      assertEquals(answer.slice(0, 12), "HTTP/1.1 404", path);
      assertEquals(answer.includes("secret"), false);
    }
  });

  Deno.test(`a file that has not changed is answered with 304 (${engine})`, async () => {
    await using directory = await tempDirectory();
    const site = await makeSite(directory.path);
    await using gateway = await startHttps({}, { engine, static: site });
    const first = await gateway.fetch("/index.html");
    const etag = first.headers.get("etag") ?? "";
    await first.body?.cancel();
    const headers = { "if-none-match": `"x", ${etag}` };
    const same = await gateway.fetch("/index.html", { headers });
    assertEquals([same.status, await same.text()], [304, ""]);
    await Deno.writeTextFile(`${site}/index.html`, "<p>changed</p>");
    const changed = await gateway.fetch("/index.html", { headers });
    assertEquals([changed.status, await changed.text()], [200, "<p>changed</p>"]);
  });

  Deno.test(`a program's own handler answers what is no path of the gateway (${engine})`, async () => {
    await using gateway = await startHttps({ add: method({ public: true, handler: () => 3 }) }, {
      engine,
      async fetch(request, info) {
        const { pathname } = new URL(request.url);
        if (pathname === "/broken") throw new Error("a secret");
        if (pathname === "/long") {
          const piece = new Uint8Array(100_000);
          let left = 100;
          return new Response(
            new ReadableStream({
              pull: (controller) => left-- > 0 ? controller.enqueue(piece) : controller.close(),
            }),
          );
        }
        const text = request.method === "POST" ? await request.text() : "nothing";
        const who = (await info.principal())?.name ?? "nobody";
        const reply = new Response(`${request.method} ${text} ${who}`, { status: 202 });
        reply.headers.append("set-cookie", "a=1");
        reply.headers.append("set-cookie", "b=2");
        return reply;
      },
    }, { log: () => {} });
    const got = await gateway.fetch("/hook");
    assertEquals([got.status, await got.text()], [202, "GET nothing nobody"]);
    assertEquals(got.headers.getSetCookie(), ["a=1", "b=2"]);
    const headers = { authorization: `Bearer ${gateway.apiKey}` };
    const posted = await gateway.fetch("/hook", { method: "POST", body: "text", headers });
    assertEquals(await posted.text(), "POST text alice");
    const long = await gateway.fetch("/long");
    assertEquals((await long.bytes()).length, 10_000_000);
    const broken = await gateway.fetch("/broken");
    assertEquals(broken.status, 500);
    assertEquals((await broken.text()).includes("a secret"), false);
    assertEquals(await (await gateway.post("/rpc/add", {})).json(), 3);
  });
}

Deno.test("a directory that is none stops the start", async () => {
  const start = () => startHttps({}, { static: "/no/such/directory" });
  assertEquals((await assertRejects(start, DariError)).code, "configuration");
});
