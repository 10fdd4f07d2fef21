import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import type { HttpRequest } from "../../../lib/http/engine/http_message.ts";
import { TrustedProxies } from "../../../lib/http/identity/trusted_proxies.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { rpc, startHttps } from "../../support/https_server.ts";

/** A request from an address, with the headers that a proxy adds. */
function requestFrom(address: string, headers: Record<string, string>): HttpRequest {
  return {
    method: "POST",
    target: "/rpc",
    host: "inner:1",
    peer: { transport: "https", address },
    length: 0,
    header: (name) => headers[name] ?? null,
    bytes: () => Promise.resolve(new Uint8Array()),
    answerBody: (_maxBytes, make) => Promise.resolve(make(new Uint8Array(0))),
    onGone: () => {},
    toRequest: () => new Request("https://inner:1/rpc"),
    webSocket: () => Promise.reject(new Error("no WebSocket was asked for")),
  };
}

Deno.test("seenThrough() believes named proxies alone", () => {
  const forwarded = { "x-forwarded-for": "203.0.113.9", "x-forwarded-host": "api.example.com" };
  const cases: [proxies: string[], from: string, client: string][] = [
    [[], "10.0.0.5:1", "10.0.0.5:1"],
    [["10.0.0.5"], "10.0.0.5:1", "203.0.113.9:0"],
    [["10.0.0.0/8"], "10.9.9.9:1", "203.0.113.9:0"],
    [["10.0.0.0/8"], "11.0.0.1:1", "11.0.0.1:1"],
    [["fd00::/8"], "[fd12::1]:1", "203.0.113.9:0"],
    [["fd00::/8"], "[fe80::1]:1", "[fe80::1]:1"],
    [["127.0.0.1"], "[::ffff:127.0.0.1]:1", "203.0.113.9:0"],
    [["0.0.0.0/0"], "[::1]:1", "[::1]:1"],
  ];
  for (const [proxies, from, client] of cases) {
    const seen = new TrustedProxies(proxies).seenThrough(requestFrom(from, forwarded));
    assertEquals(seen.peer.address, client, `${proxies} ${from}`);
    assertEquals(seen.host, client === from ? "inner:1" : "api.example.com");
  }
});

Deno.test("seenThrough() takes the last address that no proxy has: clients write those before it", () => {
  const proxies = new TrustedProxies(["10.0.0.0/8"]);
  const header = "1.1.1.1, 203.0.113.9, 10.0.0.7";
  const seen = proxies.seenThrough(requestFrom("10.0.0.5:1", { "x-forwarded-for": header }));
  assertEquals(seen.peer.address, "203.0.113.9:0");
  const ipv6 = proxies.seenThrough(requestFrom("10.0.0.5:1", { "x-forwarded-for": "2001:db8::1" }));
  assertEquals(ipv6.peer.address, "[2001:db8::1]:0");
});

Deno.test("new TrustedProxies() refuses what is neither an address nor a network", () => {
  for (const text of ["proxy.internal", "10.0.0.0/33", "10.0.0.256", "fd00::/x", "", "10.0.0.1/"]) {
    assertEquals(assertThrows(() => new TrustedProxies([text]), DariError).code, "usage", text);
  }
});

Deno.test("a page behind a proxy calls under the name that its browser knows", async () => {
  const methods = {
    from: method({ public: true, handler: (_: unknown, { peer }: Context) => peer.address }),
  };
  const headers = {
    origin: "https://api.example.com",
    "x-forwarded-host": "api.example.com",
    "x-forwarded-for": "203.0.113.9",
  };
  await using trusting = await startHttps(methods, { trustedProxies: ["127.0.0.1"] });
  const reply = await trusting.post("/rpc", rpc("from"), headers);
  assertEquals((await reply.json()).result, "203.0.113.9:0");
  await using plain = await startHttps(methods);
  const refused = await plain.post("/rpc", rpc("from"), headers);
  assertEquals(refused.status, 403);
  await refused.body?.cancel();
});
