import { assert, assertEquals, assertRejects } from "@std/assert";
import { createServer } from "node:tls"; // shows whatever it is given
import { DariError, TransportError } from "../../../../lib/base/errors.ts";
import { turn } from "../../../../lib/base/turn.ts";
import { PeerVerifier } from "../../../../lib/cert/path/peer_verifier.ts";
import { NodeTlsDialer } from "../../../../lib/transport/tls/node/node_tls_connect.ts";
import { HeldDuplex } from "../../../../lib/transport/tls/stream/held_duplex.ts";
import { dialTcp } from "../../../../lib/transport/tcp.ts";
import { fetchServerCertificate } from "../../../../lib/transport/tls/node/fetch_server_certificate.ts";
import { dialAs, soon, startListener, world } from "../../../support/mutual_tls.ts";
import { hasOpenssl, openssl } from "../../../support/openssl.ts";
import { tempDirectory } from "../../../support/temp.ts";
import { encodePem } from "../../../../lib/cert/der/pem.ts";
import { encodePrivateKeyPem } from "../../../../lib/cert/key/private_key.ts";
import { generateKeyPair } from "../../../../lib/cert/key/key_pair.ts";
import {
  clientPair,
  followedByGarbage,
  type TlsPair,
  tlsPair,
} from "../../../support/tls_certificates.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

async function refusalOf(shown: TlsPair | { cert: string; key: string }, host = "localhost") {
  const { client } = await world();
  using test = await startListener({ cert: shown.cert, key: shown.key });
  const error = await assertRejects(
    () => dialAs(client, test.port, { host }),
    TransportError,
  );
  assertEquals(error.code, "unavailable");
  assert(!error.retryable, "the same certificate does not get better");
  return error.message;
}

Deno.test("NodeTlsDialer takes a server by any of its names", async () => {
  const { client } = await world();
  using test = await startListener();
  for (const host of ["localhost", "127.0.0.1"]) {
    const near = await dialAs(client, test.port, { host });
    await test.accept();
    near.abort();
  }
});

Deno.test("NodeTlsDialer takes a server by its address over a stream, and by no other name", async () => {
  const { authority, client } = await world();
  using test = await startListener(
    await tlsPair(authority, { subject: "CN=near", names: ["127.0.0.1"] }),
  );
  const verifier = new PeerVerifier();
  const dialer = new NodeTlsDialer({
    ...{ ca: authority.pem, pair: client },
    verifyServer: (chain, host) => verifier.verifyServer(chain, host),
  });
  const open = async (host: string) => {
    const socket = new HeldDuplex(await dialTcp({ host: "127.0.0.1", port: test.port }));
    socket.on("error", () => {}); // the one above hears of it as well
    return await dialer.open({ host, port: 0 }, { socket });
  };
  const { socket } = await open("127.0.0.1");
  await test.accept();
  socket.destroy();
  for (const other of ["127.0.0.2", "localhost"]) {
    await assertRejects(() => open(other), TransportError, "its certificate is");
  }
});

Deno.test("NodeTlsDialer refuses a server's certificate that is not to be trusted", async () => {
  const { authority, foreign } = await world();
  const cases: [TlsPair, RegExp][] = [
    [await tlsPair(foreign), /not trusted here/],
    [await tlsPair(authority, { names: ["other.internal"] }), /for other names/],
    [await tlsPair(authority, { notAfterMs: Date.now() - 1_000 }), /not valid now/],
    [await tlsPair(authority, { notBeforeMs: Date.now() + DAY_MS / 2 }), /./],
    [await tlsPair(authority, { purposes: ["client"] }), /./],
    [await tlsPair(authority, { pathLength: 0, keyUsage: ["keyCertSign"] }), /./],
  ];
  for (const [pair, words] of cases) {
    const message = await refusalOf(pair);
    assert(words.test(message), message);
  }
});

Deno.test("NodeTlsDialer refuses a chain that cannot be read behind the server's certificate", async () => {
  const { client, server } = await world();
  for (const cert of followedByGarbage(server.cert)) {
    const faulty = createServer({ cert, key: server.key, ALPNProtocols: ["dari/1"] });
    await new Promise<void>((resolve) => faulty.listen(0, "127.0.0.1", resolve));
    const { port } = faulty.address() as { port: number };
    for (const insecure of [false, true]) {
      const refused = () => soon(dialAs(client, port, { insecure }));
      await assertRejects(refused, TransportError, "BER error");
    }
    const unseen = () => soon(fetchServerCertificate("127.0.0.1", port));
    await assertRejects(unseen, TransportError, "cannot be read");
    faulty.close();
  }
});

Deno.test("NodeTlsDialer refuses what node:tls would take: no purpose, no name", async () => {
  const { authority } = await world();
  const purposeless = await tlsPair(authority, { purposes: [] });
  assert((await refusalOf(purposeless)).includes("not for a server"));
  const nameless = await tlsPair(authority, { names: [], subject: "CN=localhost" });
  assert((await refusalOf(nameless)).includes("no subjectAltName"));
});

Deno.test({
  name: "NodeTlsDialer refuses a certificate of version 1",
  ignore: !hasOpenssl,
  async fn() {
    const { authority } = await world();
    await using directory = await tempDirectory();
    const { privateKey } = await generateKeyPair();
    const key = await encodePrivateKeyPem(privateKey);
    await Deno.writeTextFile(`${directory.path}/key.pem`, key);
    // The authority's own key signs, so that only the version is wrong.
    await Deno.writeTextFile(`${directory.path}/ca.pem`, authority.pem);
    await Deno.writeTextFile(
      `${directory.path}/ca.key`,
      encodePem("PRIVATE KEY", authority.privateKey),
    );
    await openssl(
      directory.path,
      "req",
      "-new",
      "-key",
      "key.pem",
      "-subj",
      "/CN=localhost",
      "-out",
      "r",
    );
    const made = await openssl(
      directory.path,
      ...["x509", "-req", "-in", "r", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "1"],
      ...["-set_serial", "77", "-out", "v1.pem"],
    );
    assert(made.success, made.text);
    const cert = await Deno.readTextFile(`${directory.path}/v1.pem`);
    assert(/version|purpose|certificate/.test(await refusalOf({ cert, key })));
  },
});

Deno.test("NodeTlsDialer checks nothing with insecure, and then knows no certificate", async () => {
  const { client, foreign } = await world();
  const shown = await tlsPair(foreign, { names: ["other.internal"] });
  using test = await startListener({ cert: shown.cert, key: shown.key });
  const near = await dialAs(client, test.port, { insecure: true });
  assertEquals((await test.accept()).peer.certificate?.serial, client.serial);
  assertEquals(near.peer.certificate, undefined);
  near.abort();
});

Deno.test("NodeTlsDialer refuses a key that is not the certificate's before it connects", async () => {
  const { client, server } = await world();
  const pair = { ...client, key: server.key };
  await assertRejects(() => dialAs(pair, 1), DariError, "not the certificate's");
});

Deno.test("NodeTlsDialer refuses authorities without a certificate, instead of trusting the public ones", async () => {
  const { client } = await world();
  await assertRejects(() => dialAs(client, 1, { ca: "" }), DariError, "no certificate");
});

Deno.test("NodeTlsDialer says when nothing listens", async () => {
  const { client } = await world();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await assertRejects(() => dialAs(client, port), TransportError, "nothing listens there");
});

Deno.test("NodeTlsDialer ends an attempt with its signal, while a server is silent", async () => {
  const { client } = await world();
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr;
  await assertRejects(() => soon(dialAs(client, port, {}, AbortSignal.abort())), TransportError);
  const controller = new AbortController();
  const attempt = dialAs(client, port, {}, controller.signal);
  using _accepted = await silent.accept();
  controller.abort();
  await assertRejects(() => attempt, TransportError);
});

Deno.test("NodeTlsDialer reads its key once, however often it connects", async () => {
  const { client, authority } = await world();
  using test = await startListener();
  let reads = 0;
  const pair = {
    cert: client.cert,
    get key() {
      reads++;
      return client.key;
    },
  };
  const verifier = new PeerVerifier();
  const dialer = new NodeTlsDialer({
    ca: authority.pem,
    pair,
    verifyServer: (chain, host) => verifier.verifyServer(chain, host),
  });
  let first: number | undefined;
  for (let times = 0; times < 3; times++) {
    const near = await dialer.connect({ host: "127.0.0.1", port: test.port });
    assertEquals((await test.accept()).peer.certificate?.serial, client.serial);
    near.abort();
    assertEquals(reads, first ??= reads);
  }
});

Deno.test("dialers share what they parsed only where certificate, key and authorities are the same", async () => {
  const { authority, client, foreign } = await world();
  const other = await clientPair(authority, "other.internal");
  using test = await startListener();
  for (const pair of [client, other, client, other]) {
    const near = await dialAs(pair, test.port);
    assertEquals((await test.accept()).peer.certificate?.serial, pair.serial);
    near.abort();
  }
  await assertRejects(
    () => dialAs({ cert: client.cert, key: other.key }, test.port),
    DariError,
    "not the certificate's",
  );
  await assertRejects(() => dialAs(client, test.port, { ca: foreign.pem }), TransportError);
});

Deno.test("NodeTlsDialer loses nothing that a server sends while its certificate is checked", async () => {
  const { authority, server: { cert, key } } = await world();
  const lines = Array.from({ length: 20_000 }, (_, n) => `line ${n}\n`).join("");
  const written = Promise.withResolvers<void>();
  const server = createServer({ cert, key }, (socket) => {
    socket.on("error", () => {}); // the client leaves
    socket.write("first\n", () => written.resolve());
    socket.end(lines);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const verifier = new PeerVerifier();
  const dialer = new NodeTlsDialer({
    ca: authority.pem,
    verifyServer: async (chain, host) => {
      await written.promise;
      for (let turns = 0; turns < 10; turns++) await turn();
      return await verifier.verifyServer(chain, host);
    },
  });
  const near = await dialer.connect({ host: "127.0.0.1", port });
  let received = "";
  for (let piece = await near.receive(); piece !== null; piece = await near.receive()) {
    received += piece;
  }
  assertEquals(received === `first\n${lines}`, true);
  near.abort();
  server.close();
});
