import { assert, assertEquals, assertRejects } from "@std/assert";
import { PeerVerifier } from "../../../../lib/cert/path/peer_verifier.ts";
import { limits } from "../../../../lib/base/limits.ts";
import type { PeerStream } from "../../../../lib/transport/peer_stream.ts";
import { NodeTlsDialer } from "../../../../lib/transport/tls/node/node_tls_connect.ts";
import { connectTlsStream } from "../../../../lib/transport/tls/node/node_tls_stream_connect.ts";
import {
  listenTlsStreams,
  type TlsPortOptions,
} from "../../../../lib/transport/tls/node/node_tls_streams.ts";
import type { HostAddress } from "../../../../lib/transport/address.ts";
import { parseAddress } from "../../../../lib/transport/scheme/parse.ts";
import { collectRefusals, listenOptions, soon, world } from "../../../support/mutual_tls.ts";
import { clientPair, type TlsPair, tlsPair } from "../../../support/tls_certificates.ts";

/** Listens for streams of the world's clients, and keeps why others were refused. */
async function startStreams(options: Partial<TlsPortOptions> = {}) {
  const { onRefused, refusal } = collectRefusals();
  const listener = listenTlsStreams({ ...await listenOptions(), onRefused, ...options });
  const accepted = listener[Symbol.asyncIterator]();
  return {
    listener,
    port: (parseAddress(listener.address) as HostAddress).port,
    refusal,
    accept: async () => (await soon(accepted.next())).value as PeerStream,
    [Symbol.dispose]: () => listener.close(),
  };
}

async function dialStream(
  pair: Pick<TlsPair, "cert" | "key"> | undefined,
  port: number,
): Promise<PeerStream> {
  const { authority } = await world();
  const dialer = new NodeTlsDialer({
    ca: authority.pem,
    pair,
    verifyServer: (chain, host) => new PeerVerifier().verifyServer(chain, host),
  });
  const signal = AbortSignal.timeout(5_000);
  return await connectTlsStream(dialer, { host: "127.0.0.1", port }, signal);
}

async function readText(stream: PeerStream): Promise<string> {
  const memory = new Uint8Array(100);
  let text = "";
  for (let n = await stream.read(memory); n !== null; n = await stream.read(memory)) {
    text += new TextDecoder().decode(memory.subarray(0, n));
  }
  return text;
}

async function writeText(stream: PeerStream, text: string): Promise<void> {
  for (let rest = new TextEncoder().encode(text); rest.length > 0;) {
    rest = rest.subarray(await stream.write(rest));
  }
}

Deno.test("a listener for streams carries bytes both ways, each side ending by itself", async () => {
  const { client } = await world();
  using test = await startStreams();
  const near = await dialStream(client, test.port);
  const far = await test.accept();
  assertEquals(far.peer.certificate?.identity, "worker.internal");
  await writeText(near, "question");
  await near.closeWrite();
  assertEquals(await readText(far), "question");
  await writeText(far, "answer");
  await far.closeWrite();
  assertEquals(await readText(near), "answer");
  near.close();
  far.close();
});

Deno.test("a listener for streams refuses clients without a certificate, or with one that is not to be trusted", async () => {
  const { authority, foreign, client } = await world();
  using test = await startStreams({ isRevoked: (serial) => serial === client.serial });
  const shown = {
    none: undefined,
    foreign: await clientPair(foreign, "worker.internal"),
    "for servers": await tlsPair(authority),
    expired: await clientPair(authority, "worker.internal", { notAfterMs: Date.now() - 1_000 }),
    revoked: client,
  };
  for (const [what, pair] of Object.entries(shown)) {
    // In TLS 1.3 a client may be done before it is refused; then the stream ends.
    const ended = dialStream(pair, test.port).then(async (stream) => {
      const end = await readText(stream).catch(() => "");
      stream.close();
      return end;
    }, () => "");
    assert(await test.refusal() !== undefined, what);
    assertEquals(await soon(ended), "", what);
  }
  const good = await dialStream(await clientPair(authority, "other.internal"), test.port);
  const far = await test.accept();
  assertEquals(far.peer.certificate?.identity, "other.internal");
  good.close();
  far.close();
});

Deno.test("a listener for streams refuses a resumed session, which shows no certificate", async () => {
  const { client, authority } = await world();
  using test = await startStreams();
  const visit = async () => {
    // Of the runtime's clients only fetch resumes sessions.
    using http = Deno.createHttpClient({
      caCerts: [authority.pem],
      cert: client.cert,
      key: client.key,
      http2: false,
      poolMaxIdlePerHost: 0,
    });
    for (const isResumed of [false, true]) {
      const visiting = fetch(`https://127.0.0.1:${test.port}/`, { client: http })
        .then((response) => response.text(), () => "refused");
      if (isResumed) {
        assertEquals(
          await test.refusal(),
          "it resumed a TLS session instead of sending its certificate",
        );
        assertEquals(await soon(visiting), "refused");
        return;
      }
      const far = await test.accept();
      await far.read(new Uint8Array(1_000));
      await writeText(far, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi");
      await far.closeWrite();
      assertEquals(await soon(visiting), "hi");
      far.close();
    }
  };
  await visit();
});

Deno.test("a client that is not read from has to wait, and loses nothing", async () => {
  const { client } = await world();
  using test = await startStreams();
  const near = await dialStream(client, test.port);
  const far = await test.accept();
  const piece = new Uint8Array(64 * 1024).fill(7);
  const total = 48 * 1024 * 1024;
  let sent = 0;
  const sending = (async () => {
    while (sent < total) sent += await near.write(piece);
    await near.closeWrite();
  })();
  // It stops where the buffers of both systems, and ours, are full.
  for (let before = -1; sent > before || sent === 0;) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert(sent < total / 2, `${sent} bytes left although nobody reads`);
  const memory = new Uint8Array(limits.proxyReadBytes);
  let received = 0;
  for (let n = await far.read(memory); n !== null; n = await far.read(memory)) received += n;
  await sending;
  assertEquals(received, total);
  near.close();
  far.close();
});

Deno.test("a handshake that is not finished in time ends, and others are served", async () => {
  const { client } = await world();
  using test = await startStreams({ handshakeTimeoutMs: 100 });
  using silent = await Deno.connect({ port: test.port, hostname: "127.0.0.1" });
  assertEquals(await test.refusal(), "the handshake was not done within 100 ms");
  assertEquals(await silent.read(new Uint8Array(1)).catch(() => null), null);
  using rubbish = await Deno.connect({ port: test.port, hostname: "127.0.0.1" });
  await rubbish.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
  assert((await test.refusal()).startsWith("the handshake failed"));
  const near = await dialStream(client, test.port);
  const far = await test.accept();
  near.close();
  await assertRejects(async () => {
    if (await far.read(new Uint8Array(1)) === null) throw new Error("ended");
  });
  far.close();
});

Deno.test("a stream whose certificate is revoked later is cut with the reason", async () => {
  const { authority } = await world();
  const client = await clientPair(authority, "late.internal");
  let isRevoked = false;
  using test = await startStreams({
    isRevoked: (serial) => isRevoked && serial === client.serial,
  });
  const near = await dialStream(client, test.port);
  const far = await test.accept();
  isRevoked = true;
  const error = await assertRejects(() => soon(far.read(new Uint8Array(1))), Error);
  assertEquals(error.message, `its certificate ${client.serial} was revoked`);
  near.close();
});
