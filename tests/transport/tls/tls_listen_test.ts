import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { X509Certificate } from "node:crypto"; // what the other side has shown
import { connect } from "node:tls"; // Deno's own client does not tell the peer's certificate
import { deadline } from "../../../lib/base/abort.ts";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import type { Connection } from "../../../lib/transport/connection.ts";
import { connectTls } from "../../../lib/transport/tls/tls_connect.ts";
import { listenTls, type TlsListener } from "../../../lib/transport/tls/tls_listen.ts";
import { parseAddress } from "../../../lib/transport/scheme/parse.ts";
import { soon, world } from "../../support/mutual_tls.ts";
import { tlsPair } from "../../support/tls_certificates.ts";

/** A listener that answers each line with itself, and the certificate that it sends now. */
async function startEcho(host = "localhost") {
  const { server } = await world();
  const told: string[] = [];
  const listener = listenTls({ ...server, host, port: 0, tell: (line) => told.push(line) });
  const { port } = parseAddress(listener.address) as { port: number };
  const accepting = acceptAll(listener);
  return {
    listener,
    port,
    told,
    dial: () => dial(port),
    serialShown: () => serialShown(port),
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
    },
  };
}

async function acceptAll(listener: TlsListener): Promise<void> {
  for await (const connection of listener) echo(connection).catch(() => connection.abort());
}

async function echo(connection: Connection): Promise<void> {
  for (let lines; (lines = await connection.receive()) !== null;) {
    await connection.send(String(lines));
  }
  await connection.close();
}

async function dial(port: number): Promise<Connection> {
  const { authority } = await world();
  return await connectTls({ host: "localhost", port, ca: [authority.pem] });
}

function serialShown(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      const { serialNumber } = new X509Certificate(socket.getPeerCertificate(true).raw);
      resolve(serialNumber.toLowerCase().replace(/^0+/, ""));
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

Deno.test("listenTls() refuses a key that cannot be read", async () => {
  const { server: { cert } } = await world();
  const at = { host: "127.0.0.1", port: 0 };
  const error = assertThrows(() => listenTls({ ...at, cert, key: "no key" }), DariError);
  assertEquals(error.code, "configuration");
});

Deno.test("a TLS connection says how much fits into one record", async () => {
  await using test = await startEcho();
  const connection = await test.dial();
  assertEquals(connection.recordBytes, 16_384);
  connection.abort();
});

Deno.test("TlsListener.reload() sends new clients the new certificate, and leaves open connections alone", async () => {
  await using test = await startEcho();
  const { authority, server } = await world();
  const before = await test.dial();
  assertEquals(await test.serialShown(), server.serial);
  const fresh = await tlsPair(authority);
  await test.listener.reload(fresh);
  assertEquals(await test.serialShown(), fresh.serial);
  const after = await test.dial();
  for (const connection of [before, after]) {
    await connection.send("still here\n");
    assertEquals(await connection.receive(), "still here\n");
    connection.abort();
  }
});

Deno.test("TlsListener.reload() keeps address and port, again and again", async () => {
  await using test = await startEcho();
  const { authority } = await world();
  const { address } = test.listener;
  for (let times = 0; times < 3; times++) {
    const fresh = await tlsPair(authority);
    await test.listener.reload(fresh);
    assertEquals([test.listener.address, await test.serialShown()], [address, fresh.serial]);
  }
});

Deno.test("TlsListener.reload() works on IPv6, and before any accept", async () => {
  const { authority, server } = await world();
  const listener = listenTls({ ...server, host: "::1", port: 0 });
  const { address } = listener;
  await listener.reload(await tlsPair(authority, { names: ["::1"] }));
  assertEquals(listener.address, address);
  const { port } = parseAddress(address) as { port: number };
  const accepting = acceptAll(listener);
  const near = await connectTls({ host: "::1", port, ca: [authority.pem] });
  await near.send("hello\n");
  assertEquals(await near.receive(), "hello\n");
  near.abort();
  listener.close();
  await accepting;
});

Deno.test("TlsListener.reload() keeps the old pair when the new one does not fit", async () => {
  await using test = await startEcho();
  const { authority, server, client } = await world();
  const fresh = await tlsPair(authority);
  for (
    const pair of [
      { cert: fresh.cert, key: client.key },
      { cert: "no certificate", key: fresh.key },
      { cert: fresh.cert, key: "no key" },
    ]
  ) {
    const error = await assertRejects(() => test.listener.reload(pair), DariError);
    assertEquals(error.code, "configuration");
    assertEquals(await test.serialShown(), server.serial);
  }
});

Deno.test("TlsListener.reload() opens with the old pair what Deno refuses to open with the new", async () => {
  await using test = await startEcho();
  const { authority, server } = await world();
  const fresh = await tlsPair(authority);
  const { listenTls } = Deno;
  Deno.listenTls = () => {
    Deno.listenTls = listenTls;
    throw new Deno.errors.InvalidData("of a kind that node:crypto knows alone");
  };
  await assertRejects(() => test.listener.reload(fresh), DariError, "node:crypto");
  assertEquals(await test.serialShown(), server.serial);
});

Deno.test("TlsListener.reload() first accepts the connections in the system's queue", async () => {
  const { authority, server } = await world();
  const listener = listenTls({ ...server, host: "127.0.0.1", port: 0 });
  const { port } = parseAddress(listener.address) as { port: number };
  const waiting = await Promise.all(
    Array.from({ length: 20 }, () => Deno.connect({ hostname: "127.0.0.1", port })),
  );
  const fresh = await tlsPair(authority);
  const accepting = acceptAll(listener); // from here on, and not a moment earlier
  await listener.reload(fresh);
  for (const tcp of waiting) {
    const tls = await Deno.startTls(tcp, { hostname: "localhost", caCerts: [authority.pem] });
    await tls.handshake(); // with a listener that is closed by now
    tls.close();
  }
  listener.close();
  await accepting;
});

/** The system as it is while another program has the port. */
function takePort(): Disposable {
  const { listenTls } = Deno;
  Deno.listenTls = () => {
    throw new Deno.errors.AddrInUse("Address already in use");
  };
  return { [Symbol.dispose]: () => void (Deno.listenTls = listenTls) };
}

Deno.test("TlsListener.reload() tries on while another program has the port, and says so", async () => {
  const { authority, server } = await world();
  const { promise: trouble, resolve: tell } = Promise.withResolvers<string>();
  const listener = listenTls({ ...server, host: "127.0.0.1", port: 0, tell });
  const accepting = acceptAll(listener);
  const thief = takePort();
  const fresh = await tlsPair(authority);
  const reloading = listener.reload(fresh);
  assertStringIncludes(await soon(trouble), `Cannot listen on ${listener.address} again yet`);
  thief[Symbol.dispose]();
  await soon(reloading);
  const { port } = parseAddress(listener.address) as { port: number };
  assertEquals(await serialShown(port), fresh.serial);
  listener.close();
  await accepting;
});

Deno.test("TlsListener.close() ends a reload that waits for its port", async () => {
  const { authority, server } = await world();
  const { promise: trouble, resolve: tell } = Promise.withResolvers<string>();
  const listener = listenTls({ ...server, host: "127.0.0.1", port: 0, tell });
  const accepting = acceptAll(listener);
  using _thief = takePort();
  const reloading = listener.reload(await tlsPair(authority));
  await soon(trouble);
  listener.close();
  await soon(Promise.all([reloading, accepting]));
});

Deno.test("listenTls() refuses clients that speak other protocols, and takes those that name none", async () => {
  const { server, authority } = await world();
  const listener = listenTls({ host: "127.0.0.1", port: 0, ...server });
  const port = Number(listener.address.split(":").at(-1));
  const accepted = listener[Symbol.asyncIterator]();
  const post = new TextEncoder().encode('POST / HTTP/1.1\r\n\r\n{"jsonrpc":"2.0","method":"x"}\n');
  for (const alpnProtocols of [["h2", "http/1.1"], ["http/1.1"], ["dari/2"]]) {
    const near = await Deno.connectTls({
      ...{ hostname: "127.0.0.1", port, caCerts: [authority.pem], alpnProtocols },
    });
    const { value: far } = await deadline(accepted.next(), 5_000);
    const said = Promise.allSettled([near.handshake(), near.write(post)]);
    await assertRejects(() => deadline(far.receive(), 5_000), TransportError, "known protocol");
    assertEquals((await deadline(said, 5_000))[0].status, "rejected");
    near.close();
  }
  for (const alpnProtocols of [["h2", "dari/1"], []]) {
    const near = await Deno.connectTls({
      ...{ hostname: "127.0.0.1", port, caCerts: [authority.pem], alpnProtocols },
    });
    const { value: far } = await deadline(accepted.next(), 5_000);
    await near.write(new TextEncoder().encode("hello\n"));
    assertEquals(await deadline(far.receive(), 5_000), "hello\n");
    near.close();
    far.abort();
  }
  listener.close();
});
