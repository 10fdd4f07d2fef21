import { assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { HostAddress } from "../../../lib/transport/address.ts";
import type { Listener } from "../../../lib/transport/connection.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";
import { joinListeners, listenLocalhost } from "../../../lib/transport/scheme/localhost.ts";
import { connectTcp, listenTcp } from "../../../lib/transport/tcp.ts";

const at = (port: number): HostAddress => ({ kind: "tcp", host: "localhost", port });

/** A machine whose two addresses have ports of their own; `localhost` is the first. */
class Machine {
  readonly taken = new Set<string>();
  readonly closed: string[] = [];
  #next = 1;
  constructor(readonly missing: string | undefined = undefined) {}
  listen = ({ host, port }: HostAddress): Listener => {
    if (host === this.missing) throw new TransportError("unavailable", "no such address");
    const bound = port === 0 ? this.#next++ : port;
    const key = `${host === "localhost" ? "127.0.0.1" : host} ${bound}`;
    if (this.taken.has(key)) {
      const cause = new Deno.errors.AddrInUse();
      throw new TransportError("unavailable", "in use", { cause });
    }
    this.taken.add(key);
    return {
      address: `tcp://localhost:${bound}`,
      close: () => {
        this.taken.delete(key);
        this.closed.push(key);
      },
      async *[Symbol.asyncIterator]() {},
    };
  };
}

Deno.test("listenLocalhost() takes connections by IPv4 and by IPv6 on one port", async () => {
  const listener = await listenLocalhost(at(0), listenTcp);
  const port = Number(/:(\d+)$/.exec(listener.address)?.[1]);
  const hears = Array.fromAsync(listener);
  const hosts = ["127.0.0.1"];
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    hosts.push("::1");
  } catch {
    console.log("skipped: this machine has no IPv6");
  }
  for (const host of hosts) (await connectTcp({ host, port })).abort();
  // What was not accepted yet is accepted before the listener says that it is closed.
  await (await connectTcp({ host: "127.0.0.1", port })).close();
  listener.close();
  const connections = await hears;
  for (const connection of connections) connection.abort();
  assertEquals(connections.length >= hosts.length, true);
});

Deno.test("listenLocalhost() is content with one address where there is only one", async () => {
  const machine = new Machine("::1");
  const listener = await listenLocalhost(at(0), machine.listen);
  assertEquals([...machine.taken], ["127.0.0.1 1"]);
  listener.close();
  assertEquals(machine.taken.size, 0);
});

Deno.test("listenLocalhost() tries another port where one address of it is taken", async () => {
  const machine = new Machine();
  machine.taken.add("::1 1");
  const listener = await listenLocalhost(at(0), machine.listen);
  assertEquals([listener.address, machine.closed], ["tcp://localhost:2", ["127.0.0.1 1"]]);
  listener.close();
});

Deno.test("listenLocalhost() refuses a port that another program has on one address", async () => {
  const machine = new Machine();
  machine.taken.add("::1 9090");
  const error = await assertRejects(
    () => listenLocalhost(at(9090), machine.listen),
    TransportError,
    "Cannot listen on localhost:9090: another program has the port on one of the two",
  );
  assertEquals([error.code, machine.closed], ["unavailable", ["127.0.0.1 9090"]]);
});

Deno.test("listenLocalhost() gives up after `maxLocalhostAttempts` ports", async () => {
  const machine = new Machine();
  for (let port = 1; port < 100; port++) machine.taken.add(`::1 ${port}`);
  await assertRejects(() => listenLocalhost(at(0), machine.listen), TransportError);
  assertEquals(machine.closed.length, limits.maxLocalhostAttempts);
});

Deno.test("joinListeners() gives the connections of all, and ends when all are closed", async () => {
  const listeners = [listenMemory(), listenMemory()] as const;
  const joined = joinListeners(listeners);
  const connections = joined[Symbol.asyncIterator]();
  for (const listener of [listeners[1], listeners[0], listeners[1]]) {
    const [near, { value: far }] = await Promise.all([listener.connect(), connections.next()]);
    const sent = near.send("hello\n");
    assertEquals(await far.receive(), "hello\n");
    await sent;
    near.abort();
    far.abort();
  }
  joined.close();
  assertEquals((await connections.next()).done, true);
});

Deno.test("joinListeners() fails as the first of its listeners that fails", async () => {
  const failing: Listener = {
    address: "tcp://localhost:1",
    close() {},
    // deno-lint-ignore require-yield
    async *[Symbol.asyncIterator]() {
      await Promise.resolve();
      throw new TransportError("unavailable", "out of order");
    },
  };
  const joined = joinListeners([failing, listenMemory()]);
  await assertRejects(() => Array.fromAsync(joined), TransportError, "out of order");
  joined.close();
});
