import { assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { parseAddress } from "../../../lib/transport/scheme/parse.ts";
import { connectTls } from "../../../lib/transport/tls/tls_connect.ts";
import { listenTls } from "../../../lib/transport/tls/tls_listen.ts";
import { tlsIdentity } from "../../support/tls_identity.ts";

/** Listens, and shakes hands with each client. */
async function listenOpenly(host = "127.0.0.1") {
  const { cert, key, ca } = await tlsIdentity();
  const listener = listenTls({ host, port: 0, cert, key });
  const accepting = (async () => {
    for await (const connection of listener) {
      connection.receive().catch(() => {}).finally(() => connection.abort());
    }
  })();
  const { port } = parseAddress(listener.address) as { port: number };
  return {
    ca,
    port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
    },
  };
}

Deno.test("connectTls() refuses a server of an unknown authority, and names the option that trusts it", async () => {
  await using server = await listenOpenly();
  const error = await assertRejects(
    () => connectTls({ host: "127.0.0.1", port: server.port }),
    TransportError,
    "--ca FILE",
  );
  assertEquals([error.code, error.retryable], ["unavailable", false]);
});

Deno.test("connectTls() refuses a certificate for other names", async () => {
  await using server = await listenOpenly("127.0.0.2");
  await assertRejects(
    () => connectTls({ host: "127.0.0.2", port: server.port, ca: [server.ca] }),
    TransportError,
    "is for other names",
  );
});

Deno.test("connectTls() says when the program that listens does not speak TLS", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answering = listener.accept().then(async (conn) => {
    await conn.read(new Uint8Array(1_024));
    await conn.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
    conn.close();
  });
  await assertRejects(
    () => connectTls({ host: "127.0.0.1", port: listener.addr.port }),
    TransportError,
    "does not speak TLS",
  );
  await answering;
});

Deno.test("connectTls() ends a handshake that its signal cuts, and nothing is thrown beside it", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const controller = new AbortController();
  const at = { host: "127.0.0.1", port: listener.addr.port };
  const dialling = connectTls(at, controller.signal);
  const rejected = assertRejects(() => dialling, TransportError);
  using conn = await accepted;
  await conn.read(new Uint8Array(1_024)); // The client's hello: the handshake is under way.
  controller.abort();
  assertEquals((await rejected).code, "unavailable");
});
