import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { parseAddress } from "../../../lib/transport/address.ts";
import { dial } from "../../../lib/transport/scheme/dial.ts";
import { listenTls } from "../../../lib/transport/tls/tls_listen.ts";
import { tlsIdentity } from "../../support/tls_identity.ts";

const here = { host: "127.0.0.1", port: 0 };

/** Listens and shakes hands with whoever comes. */
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

Deno.test("dial() refuses a server of an unknown authority, and names the option that trusts it", async () => {
  await using server = await listenOpenly();
  const error = await assertRejects(
    () => dial(`tls://127.0.0.1:${server.port}`),
    TransportError,
    "--ca FILE",
  );
  assertEquals([error.code, error.retryable], ["unavailable", false]);
});

Deno.test("dial() refuses a certificate for other names", async () => {
  await using server = await listenOpenly("127.0.0.2");
  await assertRejects(
    () => dial(`tls://127.0.0.2:${server.port}`, { ca: server.ca }),
    TransportError,
    "is for other names",
  );
});

Deno.test("dial() says when what listens does not speak TLS", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answering = listener.accept().then(async (conn) => {
    await conn.read(new Uint8Array(1_024));
    await conn.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
    conn.close();
  });
  await assertRejects(
    () => dial(`tls://127.0.0.1:${listener.addr.port}`),
    TransportError,
    "does not speak TLS",
  );
  await answering;
});

Deno.test("dial() ends a handshake that its signal cuts, and nothing is thrown beside it", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const controller = new AbortController();
  const dialling = dial(`tls://127.0.0.1:${listener.addr.port}`, { signal: controller.signal });
  const rejected = assertRejects(() => dialling, TransportError);
  using conn = await accepted;
  await conn.read(new Uint8Array(1_024)); // The client's hello: the handshake is under way.
  controller.abort();
  assertEquals((await rejected).code, "unavailable");
});

Deno.test("listenTls() refuses a key that is none", async () => {
  const { cert } = await tlsIdentity();
  const error = assertThrows(() => listenTls({ ...here, cert, key: "no key" }), DariError);
  assertEquals(error.code, "configuration");
});
