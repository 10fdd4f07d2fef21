import { assertEquals, assertMatch } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { lastWords } from "../../../lib/rpc/connection/foreign_protocol.ts";

const foreign = new TransportError("invalid_request", "It sent an HTTP request");

Deno.test("lastWords() says where the gateway is, as a client can reach it", () => {
  const cases: [httpsAt: string | undefined, end: RegExp][] = [
    [undefined, /This port speaks dari\/1, not HTTP\.$/],
    ["https://example.com:9443", /is at https:\/\/example\.com:9443$/],
    ["https://[::1]:9443", /is at https:\/\/\[::1\]:9443$/],
    ["https://0.0.0.0:9443", /is at port 9443 of this host$/],
    ["https://[::]:9443", /is at port 9443 of this host$/],
    ["https://0.0.0.0:443", /is at port 443 of this host$/],
  ];
  for (const [httpsAt, end] of cases) assertMatch(lastWords(foreign, httpsAt)!, end);
});

Deno.test("lastWords() has none for a connection that broke", () => {
  assertEquals(lastWords(new TransportError("unavailable", "gone")), undefined);
  assertEquals(lastWords(new Error("gone")), undefined);
});
