import { assertEquals, assertRejects } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { dial } from "../../../lib/transport/scheme/dial.ts";
import { parseAddress } from "../../../lib/transport/scheme/parse.ts";
import type { DialContext } from "../../../lib/transport/scheme/table.ts";
import { connectTcp } from "../../../lib/transport/tcp.ts";
import { connectUnix } from "../../../lib/transport/unix.ts";
import { tempDirectory } from "../../support/temp.ts";

const context: DialContext = {
  tls: () => Promise.reject(new Error("no TLS was asked for")),
  tcp: connectTcp,
  unix: connectUnix,
  wss: () => Promise.reject(new Error("no WebSocket")),
};

Deno.test("dial() refuses nats:// where its caller cannot connect by that", async () => {
  const address = parseAddress("nats://localhost:1");
  const error = await assertRejects(() => dial(address, context), DariError, "Cannot use nats://");
  assertEquals(error.code, "usage");
});

Deno.test("dial() refuses tcp:// beyond loopback before it opens anything", async () => {
  const address = parseAddress("tcp://192.0.2.1:1");
  const error = await assertRejects(() => dial(address, context), DariError, "--insecure");
  assertEquals(error.code, "configuration");
});

Deno.test("dial() gives its signal to the scheme", async () => {
  await using directory = await tempDirectory();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const signal = AbortSignal.abort();
  for (const text of [`unix:${directory.path}/s`, `tcp://127.0.0.1:${listener.addr.port}`]) {
    const dialling = dial(parseAddress(text), { ...context, signal });
    assertEquals((await assertRejects(() => dialling, TransportError)).code, "unavailable");
  }
});
