import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { listen } from "../../../lib/transport/scheme/listen.ts";
import { parseAddress } from "../../../lib/transport/scheme/parse.ts";
import type { ListenContext } from "../../../lib/transport/scheme/table.ts";
import { listenTcp } from "../../../lib/transport/tcp.ts";
import { listenUnix } from "../../../lib/transport/unix.ts";

const context: ListenContext = {
  tls: () => Promise.reject(new Error("no TLS was asked for")),
  tcp: listenTcp,
  unix: listenUnix,
};

Deno.test("listen() refuses a scheme that cannot be listened on, and names those that can", async () => {
  for (const text of ["https://localhost:1", "wss://localhost:1"]) {
    const error = await assertRejects(() => listen(parseAddress(text), context), DariError);
    assertEquals([error.code, error.message], [
      "usage",
      `Cannot listen on ${text}: use tls://, unix:, tcp:// or nats://; HTTPS and WebSockets have an ` +
      "option of their own (--https, or https of serve)",
    ]);
  }
});

Deno.test("listen() refuses tcp:// beyond loopback, unless that is allowed", async () => {
  const address = parseAddress("tcp://0.0.0.0:0");
  const error = await assertRejects(() => listen(address, context), DariError, "--insecure");
  assertEquals(error.code, "configuration");
  const listener = await listen(address, { ...context, insecure: true });
  assertEquals(parseAddress(listener.address).kind, "tcp");
  listener.close();
});
