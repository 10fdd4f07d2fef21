import { assertEquals, assertStringIncludes } from "@std/assert";
import { connect as connectSocket } from "node:net"; // says nothing, unlike any TLS client
import { connect as connectTls } from "node:tls"; // shows whatever it is given
import { Handshakes } from "../../../../lib/transport/tls/node/handshakes.ts";
import { dialAs, soon, startListener, world } from "../../../support/mutual_tls.ts";
import { clientPair } from "../../../support/tls_certificates.ts";

/** A TCP connection of which only the address and the end are looked at. */
function socketFrom(remotePort: number, remoteAddress = "10.0.0.1") {
  const socket = { remoteAddress, remotePort, destroyed: false, once: () => {}, destroy };
  function destroy() {
    socket.destroyed = true;
  }
  return socket;
}

Deno.test("Handshakes keeps as many as its bound says, and drops the oldest of the address with the most", () => {
  const told: string[] = [];
  const handshakes = new Handshakes(2, (address) => told.push(address));
  const [first, second, other] = [socketFrom(1), socketFrom(2), socketFrom(3, "10.0.0.2")] as const;
  for (const socket of [first, second]) handshakes.begin(socket);
  assertEquals([handshakes.size, told], [2, []]);
  handshakes.begin(other);
  assertEquals([handshakes.size, told], [2, ["10.0.0.1:1"]]);
  assertEquals([first, second, other].map(({ destroyed }) => destroyed), [true, false, false]);
  assertEquals(handshakes.end(first), undefined);
  assertEquals(handshakes.end(second), "10.0.0.1:2");
  assertEquals(handshakes.size, 1);
  handshakes.close();
  assertEquals([second, other].map(({ destroyed }) => destroyed), [false, true]);
});

Deno.test("a mutual TLS listener ends a handshake that does not finish in time", async () => {
  using test = await startListener({ handshakeTimeoutMs: 100 });
  const silent = connectSocket(test.port, "127.0.0.1");
  const { promise, resolve } = Promise.withResolvers<void>();
  silent.on("error", () => {}).on("close", () => resolve());
  assertStringIncludes(await test.refusal(), "timeout");
  await soon(promise);
});

Deno.test("a mutual TLS listener tells the address of a handshake that failed", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  using test = await startListener({ onRefused: resolve });
  using stranger = await Deno.connect({ port: test.port, hostname: "127.0.0.1" });
  await stranger.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  assertEquals(await promise, `127.0.0.1:${(stranger.localAddr as Deno.NetAddr).port}`);
});

Deno.test("a mutual TLS listener forgets clients that leave or end their side before they have shaken hands", async () => {
  const { client } = await world();
  using test = await startListener({ maxConnections: 10 });
  const halves: Deno.Conn[] = [];
  for (let n = 0; n < 30; n++) {
    const stranger = await Deno.connect({ port: test.port, hostname: "127.0.0.1" });
    if (n % 2 === 0) stranger.close();
    else await stranger.closeWrite().then(() => halves.push(stranger));
    assertEquals(
      await test.refusal(),
      "the client ended the connection before the handshake was done",
    );
  }
  const near = await dialAs(client, test.port);
  assertEquals((await test.accept()).peer.certificate?.serial, client.serial);
  near.abort();
  for (const half of halves) half.close();
});

Deno.test("clients that never shake hands lose their places to those that do", async () => {
  const { client } = await world();
  using test = await startListener({ maxConnections: 6 });
  const silent = await Promise.all(
    Array.from({ length: 4 }, () => Deno.connect({ port: test.port, hostname: "127.0.0.1" })),
  );
  assertStringIncludes(await test.refusal(), "3 handshakes were under way");
  const near = await dialAs(client, test.port);
  assertStringIncludes(await test.refusal(), "3 handshakes were under way");
  assertEquals((await test.accept()).peer.certificate?.serial, client.serial);
  near.abort();
  for (const conn of silent) conn.close();
});

Deno.test("a mutual TLS listener tells the address and the reason of every refused handshake", async () => {
  const { client, foreign } = await world();
  const refused: [string, string][] = [];
  let wake = () => {};
  using test = await startListener({
    onRefused: (...refusal) => {
      refused.push(refusal);
      wake();
    },
  });
  const cases = [
    [undefined, {}, "it sent no certificate"],
    [await clientPair(foreign, "worker.internal"), {}, "an authority that is not trusted"],
    [client, { ALPNProtocols: ["h2"] as string[] }, "other protocols than dari/1"],
    [undefined, { maxVersion: "TLSv1.2" }, "it sent no certificate"],
    [await clientPair(foreign, "w.internal"), { maxVersion: "TLSv1.2" }, "is not trusted"],
  ] as const;
  for (const [pair, options, reason] of cases) {
    const told = new Promise<void>((resolve) => wake = resolve);
    const near = connectTls({
      ...{ cert: pair?.cert, key: pair?.key, host: "127.0.0.1", port: test.port },
      rejectUnauthorized: false,
      ...options,
    });
    near.on("error", () => {});
    const connected = new Promise<number>((resolve) => {
      near.on("connect", () => resolve(near.localPort ?? 0));
    });
    const port = await soon(connected);
    await soon(told);
    const [address, said] = refused.at(-1)!;
    assertEquals(address, `127.0.0.1:${port}`);
    assertStringIncludes(said, reason);
    near.destroy();
  }
  assertEquals(refused.length, cases.length);
});

Deno.test("a mutual TLS listener takes any time-out for handshakes, however long", async () => {
  const { client } = await world();
  for (const handshakeTimeoutMs of [2 ** 31, Infinity]) {
    using test = await startListener({ handshakeTimeoutMs });
    const near = await dialAs(client, test.port);
    const accepted = await soon(Promise.race([test.accept(), test.refusal()]));
    assertEquals(typeof accepted === "string" ? accepted : accepted.peer.transport, "tls");
    near.abort();
  }
});
