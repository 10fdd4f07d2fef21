import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Origins } from "../../../lib/http/identity/origins.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { ENGINES, rpc, startHttps } from "../../support/https_server.ts";

const APP = "https://app.example.com";
let calls = 0;
const methods = {
  open: method({ public: true, handler: () => ++calls }),
  ticks: method({
    public: true,
    async *handler() {
      yield ++calls;
    },
  }),
};

for (const engine of ENGINES) {
  Deno.test(`pages of other origins may not call, sibling hosts included (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const before = calls;
    for (const origin of [APP, "null", `http://127.0.0.1:${gateway.port}`, "https://127.0.0.1"]) {
      for (const path of ["/rpc", "/rpc/open", "/login", "/logout"]) {
        const reply = await gateway.post(path, rpc("open"), { origin });
        assertEquals(reply.status, 403, `${origin} ${path}`);
        assertMatch((await reply.json()).detail, /may not call/);
        assertEquals(reply.headers.get("access-control-allow-origin"), null);
      }
    }
    for (const site of ["cross-site", "same-site"]) {
      const headers = { "sec-fetch-site": site, accept: "text/event-stream" };
      for (const path of ["/rpc/ticks", "/openrpc.json"]) {
        const reply = await gateway.fetch(path, { headers });
        assertEquals(reply.status, 403, `${site} ${path}`);
        await reply.body?.cancel();
      }
    }
    assertEquals(calls, before);
  });

  Deno.test(`pages of the gateway's own origin call, and whoever is no browser (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    for (const headers of [{ origin: gateway.url, "sec-fetch-site": "same-origin" }, {}]) {
      const reply = await gateway.post("/rpc", rpc("open"), headers as Record<string, string>);
      assertEquals(reply.status, 200);
      await reply.body?.cancel();
    }
    const headers = { "sec-fetch-site": "same-origin", accept: "text/event-stream" };
    const stream = await gateway.fetch("/rpc/ticks", { headers });
    assertEquals(stream.status, 200);
    await stream.body?.cancel();
  });

  Deno.test(`pages of an origin that is named may call, after they have asked (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine, origins: [APP] });
    const asks = { origin: APP, "access-control-request-method": "POST" };
    const asked = await gateway.fetch("/rpc", { method: "OPTIONS", headers: asks });
    assertEquals(asked.status, 204);
    assertEquals(asked.headers.get("access-control-allow-origin"), APP);
    assertEquals(asked.headers.get("access-control-allow-methods"), "GET, POST");
    assertEquals(asked.headers.get("access-control-max-age"), String(limits.corsMaxAgeSeconds));
    assertEquals(asked.headers.get("access-control-allow-credentials"), null);
    for (const body of [rpc("open"), rpc("none")]) {
      const reply = await gateway.post("/rpc", body, { origin: APP });
      assertEquals(reply.headers.get("access-control-allow-origin"), APP);
      assertEquals(reply.headers.get("vary"), "origin");
      await reply.body?.cancel();
    }
    const foreign = await gateway.fetch("/rpc", {
      method: "OPTIONS",
      headers: { ...asks, origin: "https://evil.example.com" },
    });
    assertEquals(foreign.status, 403);
    await foreign.body?.cancel();
  });
}

Deno.test("new Origins() refuses what is no origin", () => {
  for (const text of ["*", "app.example.com", "https://app.example.com/", "https://a.b/c"]) {
    const error = assertThrows(() => new Origins([text]), DariError);
    assertEquals(error.code, "usage");
  }
});
