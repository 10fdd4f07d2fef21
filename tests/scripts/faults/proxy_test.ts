import { assert, assertEquals, assertRejects } from "@std/assert";
import { FaultyProxy } from "../../../scripts/faults/proxy.ts";

/** A server that sends back what it gets, behind a proxy. */
async function start(random?: () => number) {
  const stack = new AsyncDisposableStack();
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) {
      connection.readable.pipeTo(connection.writable).catch(() => {});
    }
  })();
  stack.defer(async () => {
    listener.close();
    await serving;
  });
  const proxy = stack.use(await FaultyProxy.listen((listener.addr as Deno.NetAddr).port, random));
  return {
    proxy,
    async dial() {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: proxy.port });
      stack.defer(() => {
        try {
          connection.close();
        } catch { /* the test has closed it */ }
      });
      return connection;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function echo(connection: Deno.Conn, length: number): Promise<number> {
  const startMs = performance.now();
  await connection.write(new Uint8Array(length).fill(7));
  const bytes = new Uint8Array(65_536);
  for (let come = 0; come < length;) {
    const count = await connection.read(bytes);
    if (count === null) throw new Error("the connection ended");
    come += count;
  }
  return performance.now() - startMs;
}

Deno.test("a proxy without faults carries both ways, and hands ends on", async () => {
  await using place = await start();
  const connection = await place.dial();
  await echo(connection, 200_000);
  await connection.closeWrite();
  assertEquals(await connection.read(new Uint8Array(1)), null);
  assertEquals(place.proxy.connections, 1);
});

Deno.test("set({ delayMs }) has every byte arrive later, both ways", async () => {
  await using place = await start();
  const connection = await place.dial();
  await echo(connection, 10);
  place.proxy.set({ delayMs: 60 });
  assert(await echo(connection, 10) >= 119);
  place.proxy.set({});
  await echo(connection, 10);
});

Deno.test("set({ bytesPerSecond }) has long messages take long", async () => {
  await using place = await start();
  const connection = await place.dial();
  await echo(connection, 10);
  place.proxy.set({ bytesPerSecond: 100_000 });
  await echo(connection, 10_000);
  // The pieces behind the first one wait until there is room for them.
  assert(await echo(connection, 10_000) >= 90);
});

Deno.test("set({ isCutOff }) holds everything until it is over, new connections included", async () => {
  await using place = await start();
  const connection = await place.dial();
  await echo(connection, 10);
  place.proxy.set({ isCutOff: true });
  const held = [echo(connection, 10), place.dial().then((late) => echo(late, 10))];
  const first = await Promise.race([...held, pingElsewhere()]);
  assertEquals(first, "elsewhere");
  place.proxy.set({});
  await Promise.all(held);
});

Deno.test("set({ resetShare }) resets that share of the open and of the new connections, again and again", async () => {
  let drawn = 0.9;
  await using place = await start(() => drawn);
  const spared = await place.dial();
  await echo(spared, 10);
  place.proxy.set({ resetShare: 0.5 });
  drawn = 0.1;
  const hit = await place.dial();
  await assertRejects(() => hit.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
  await assertRejects(() => spared.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
  place.proxy.set({});
  await echo(await place.dial(), 10);
});

Deno.test("resetAll() resets what is open; what comes later is carried", async () => {
  await using place = await start();
  const connection = await place.dial();
  await echo(connection, 10);
  place.proxy.resetAll();
  await assertRejects(() => connection.read(new Uint8Array(1)), Deno.errors.ConnectionReset);
  await echo(await place.dial(), 10);
  assertEquals(place.proxy.open, 1);
});

/** A round trip that the proxy has no part in, so that what it holds had the time to come. */
async function pingElsewhere(): Promise<string> {
  await using other = await start();
  const connection = await other.dial();
  for (let round = 0; round < 20; round++) await echo(connection, 1_000);
  return "elsewhere";
}
