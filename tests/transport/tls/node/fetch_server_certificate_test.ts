import { assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../../lib/base/errors.ts";
import { parseCertificate } from "../../../../lib/cert/mod.ts";
import { fetchServerCertificate } from "../../../../lib/transport/tls/node/fetch_server_certificate.ts";
import { startListener, world } from "../../../support/mutual_tls.ts";
import { tlsPair } from "../../../support/tls_certificates.ts";

Deno.test("fetchServerCertificate() gives a certificate that it would not trust, and its client needs none", async () => {
  const { foreign } = await world();
  const expired = await tlsPair(foreign, { notAfterMs: Date.now() - 1_000 });
  using test = await startListener({ cert: expired.cert, key: expired.key });
  const der = await fetchServerCertificate("127.0.0.1", test.port);
  assertEquals(parseCertificate(der).serial, expired.serial);
});

Deno.test("fetchServerCertificate() names the address where nothing listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await assertRejects(
    () => fetchServerCertificate("127.0.0.1", port),
    TransportError,
    `Cannot see the certificate of 127.0.0.1:${port}`,
  );
});

Deno.test("fetchServerCertificate() refuses a program that does not speak TLS", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answering = listener.accept().then(async (conn) => {
    await conn.read(new Uint8Array(1_024));
    await conn.write(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
    conn.close();
  });
  const { port } = listener.addr;
  await assertRejects(() => fetchServerCertificate("127.0.0.1", port), TransportError);
  await answering;
});
