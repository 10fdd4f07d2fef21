import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError, TransportError } from "../../../../lib/base/errors.ts";
import { connectTls } from "../../../../lib/transport/tls/tls_connect.ts";
import { dialAs, startListener, world } from "../../../support/mutual_tls.ts";
import { clientPair, followedByGarbage, tlsPair } from "../../../support/tls_certificates.ts";

Deno.test("reload() shows new connections the new certificate and leaves open ones alone", async () => {
  const { client, authority, server } = await world();
  using test = await startListener();
  const before = await dialAs(client, test.port);
  const far = await test.accept();
  const fresh = await tlsPair(authority);
  test.listener.reload({ ...fresh, clientCa: authority.pem });
  const after = await dialAs(client, test.port);
  await test.accept();
  assertEquals(before.peer.certificate?.serial, server.serial);
  assertEquals(after.peer.certificate?.serial, fresh.serial);
  await before.send("still open\n");
  assertEquals(await far.receive(), "still open\n");
  before.abort();
  after.abort();
  assertEquals(await far.receive(), null);
});

Deno.test("reload() refuses a key that is not the certificate's and keeps the old pair", async () => {
  const { client, authority, server } = await world();
  using test = await startListener();
  const fresh = await tlsPair(authority);
  const error = assertThrows(
    () => test.listener.reload({ cert: fresh.cert, key: server.key, clientCa: authority.pem }),
    DariError,
    "not the certificate's",
  );
  assertEquals(error.code, "configuration");
  assertThrows(
    () =>
      test.listener.reload({ cert: "no certificate", key: server.key, clientCa: authority.pem }),
    DariError,
  );
  for (const cert of followedByGarbage(fresh.cert)) {
    assertThrows(
      () => test.listener.reload({ cert, key: fresh.key, clientCa: authority.pem }),
      DariError,
    );
  }
  const near = await dialAs(client, test.port);
  await test.accept();
  assertEquals(near.peer.certificate?.serial, server.serial);
  near.abort();
});

Deno.test("reload() takes other client authorities, and never none", async () => {
  const { client, authority, foreign, server } = await world();
  using test = await startListener();
  test.listener.reload({ ...server, clientCa: foreign.pem });
  const other = await dialAs(await clientPair(foreign, "other.internal"), test.port);
  assertEquals((await test.accept()).peer.certificate?.identity, "other.internal");
  other.abort();
  (await dialAs(client, test.port)).abort();
  await test.refusal();
  for (const clientCa of [undefined, "", authority.pem.replace("BEGIN", "BEGINN")]) {
    assertThrows(() => test.listener.reload({ ...server, clientCa }), DariError);
  }
});

Deno.test("a listener refuses client authorities without a certificate, instead of trusting the public ones", async () => {
  await assertRejects(() => startListener({ clientCa: "\n" }), DariError, "no certificate");
});

Deno.test("a listener refuses a key that is not the certificate's", async () => {
  const { client } = await world();
  await assertRejects(() => startListener({ key: client.key }), DariError, "not the certificate's");
});

Deno.test("a listener refuses a port that is taken", async () => {
  using test = await startListener();
  const error = await assertRejects(() => startListener({ port: test.port }), TransportError);
  assertEquals(error.code, "unavailable");
});

Deno.test("with TLS 1.3 alone a listener refuses TLS 1.2, after a reload as well", async () => {
  const { authority, server } = await world();
  const { connect } = await import("node:tls");
  using test = await startListener({ clientCa: undefined, tlsMin: "1.3" });
  const old = () =>
    new Promise((resolve, reject) => {
      const socket = connect({
        host: "127.0.0.1",
        port: test.port,
        ca: authority.pem,
        maxVersion: "TLSv1.2",
      });
      socket.on("secureConnect", () => resolve(socket.destroy())).on("error", reject);
    });
  await assertRejects(old, Error, "ProtocolVersion");
  test.listener.reload(server);
  await assertRejects(old, Error, "ProtocolVersion");
  const near = await connectTls({ host: "localhost", port: test.port, ca: [authority.pem] });
  const far = await test.accept();
  assertEquals([far.peer.protocol, far.peer.certificate], ["TLSv1.3", undefined]);
  near.abort();
});
