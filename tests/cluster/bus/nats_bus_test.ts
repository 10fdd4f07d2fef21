import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Server } from "@nats-io/nats-core/internal";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { BusMessage } from "../../../lib/cluster/bus/bus.ts";
import { NatsBus, type NatsOptions } from "../../../lib/cluster/bus/nats_bus.ts";
import {
  type NatsSockets,
  NatsTransport,
  type TransportSettings,
} from "../../../lib/cluster/bus/nats_transport.ts";
import { dialTcp } from "../../../lib/transport/tcp.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { type NatsServer, natsTest, startNats } from "../../support/nats_server.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = ({ data }: BusMessage) => new TextDecoder().decode(data);

function open({ at }: { readonly at: string }, options: Partial<NatsOptions> = {}) {
  return NatsBus.open({
    servers: [at],
    name: "test",
    allowsPlain: true,
    sockets: {
      connect: (host, port) => dialTcp({ host, port }),
      secure: () => Promise.reject(new Error("there is no TLS")),
    },
    ...options,
  });
}

/** Waits for the next message on a subject. */
function next(bus: NatsBus, subject: string): Promise<BusMessage> {
  return new Promise((resolve) => {
    const subscription = bus.subscribe(subject, (message) => {
      subscription[Symbol.dispose]();
      resolve(message);
    });
  });
}

natsTest("messages arrive whole and in order, with the subject for answers", async () => {
  await using nats = await startNats();
  await using near = await open(nats);
  await using far = await open(nats, { inboxName: "a.b" });
  const heard: string[] = [];
  const done = Promise.withResolvers<void>();
  using _all = far.subscribe("x.*", (message) => {
    heard.push(`${message.subject} ${text(message)} ${message.reply}`);
    if (heard.length === 3) done.resolve();
  });
  await far.flush();
  for (const word of ["one", "two"]) near.publish("x.y", bytes(word));
  near.publish("x.z", bytes("three"), "back");
  near.publish("other", bytes("four"));
  await done.promise;
  assertEquals(heard, ["x.y one ", "x.y two ", "x.z three back"]);
  assert(far.inbox.startsWith("_INBOX.a=2eb."));
  assertEquals(near.maxPayloadBytes, 1024 * 1024);
});

natsTest("who publishes where nobody listens is told so", async () => {
  await using nats = await startNats();
  await using bus = await open(nats);
  const answer = next(bus, "answers");
  bus.publish("nobody.here", bytes("hello"), "answers");
  assertEquals((await answer).isNobody, true);
});

natsTest("those of one queue share the messages", async () => {
  await using nats = await startNats();
  await using bus = await open(nats);
  let count = 0;
  const done = Promise.withResolvers<void>();
  using _first = bus.subscribe("work", () => void (++count === 10 && done.resolve()), {
    queue: "q",
  });
  using _second = bus.subscribe("work", () => void (++count === 10 && done.resolve()), {
    queue: "q",
  });
  for (let n = 0; n < 10; n++) bus.publish("work", bytes(String(n)));
  await done.promise;
  await bus.flush();
  assertEquals(count, 10);
});

natsTest("a NATS server that dies is told of, and found again", async () => {
  await using nats = await startNats();
  await using bus = await open(nats);
  const lost = new Promise<string>((resolve) => bus.onLost(resolve));
  assertEquals(bus.isConnected, true);
  await nats.kill();
  assertEquals(await lost, "the NATS server is not reached");
  assertEquals(bus.isConnected, false);
  bus.publish("x", bytes("lost")); // it goes nowhere, and throws nothing
});

natsTest("what the configuration forbids is told: subscribing, and publishing", async () => {
  await using nats = await startNats({
    config: `authorization { users: [ { user: u, password: p, permissions: {
      publish: { allow: ["fine"] }, subscribe: { allow: ["_INBOX.>"] } } } ] }
    no_auth_user: u`,
  });
  await using bus = await open(nats);
  const refused = Promise.withResolvers<string>();
  bus.subscribe("secret", () => {}, { onRefused: refused.resolve });
  assert(/does not allow/.test(await refused.promise));
  const denied = new Promise<string>((resolve) => bus.onDenied(resolve));
  bus.publish("secret", bytes("hello"));
  assertEquals(await denied, "secret");
});

natsTest(
  "open() says why: nothing listens, something else does, TLS is missing, a user is refused",
  async () => {
    const cases: [Partial<NatsOptions>, NatsServer | { at: string }, RegExp][] = [];
    await using plain = await startNats();
    await using closed = await startNats({ config: "authorization { token: secret }" });
    using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    (async () => {
      for await (const conn of other) {
        await conn.write(bytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
        conn.close();
      }
    })().catch(() => {});
    cases.push([{}, { at: "127.0.0.1:1" }, /nothing listens there/]);
    cases.push([{}, { at: `127.0.0.1:${other.addr.port}` }, /says nothing that NATS would/]);
    cases.push([{ allowsPlain: false }, plain, /speaks no TLS/]);
    cases.push([{}, closed, /refuses this program/]);
    for (const [options, at, reason] of cases) {
      const error = await assertRejects(() => open(at, options), TransportError);
      assert(reason.test(error.message), error.message);
      assertEquals(error.code, "unavailable");
    }
    const signal = AbortSignal.abort(new Error("no longer"));
    await assertRejects(() => open(plain, { signal }), Error, "no longer");
  },
);

/** Greets as a NATS server does, and answers its pings; ends the connections that it has at `drop`. */
function listenLikeNats() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.TcpConn>();
  const serve = async (conn: Deno.TcpConn) => {
    await conn.write(bytes(`INFO {"version":"2.9.10","proto":1,"headers":true}\r\n`));
    for await (const part of conn.readable.pipeThrough(new TextDecoderStream())) {
      if (part.includes("PING")) await conn.write(bytes("PONG\r\n"));
    }
  };
  const done = (async () => {
    for await (const conn of listener) {
      open.add(conn);
      serve(conn).catch(() => {}).finally(() => open.delete(conn));
    }
  })();
  const drop = () => {
    for (const conn of open) conn.close();
  };
  return {
    port: listener.addr.port,
    drop,
    async [Symbol.asyncDispose]() {
      listener.close();
      drop();
      await done;
    },
  };
}

/** Has the client of NATS believe that time has passed. */
function clockAhead(ms: number): Disposable {
  const now = Date.now;
  Date.now = () => now() + ms;
  return { [Symbol.dispose]: () => void (Date.now = now) };
}

Deno.test("of several NATS servers the one that was lost is tried last", async () => {
  await using one = listenLikeNats();
  await using other = listenLikeNats();
  const dialled: number[] = [];
  const again = Promise.withResolvers<void>();
  await using _bus = await open({ at: `127.0.0.1:${one.port}` }, {
    servers: [one, other].map(({ port }) => `127.0.0.1:${port}`),
    sockets: {
      connect(host, port) {
        dialled.push(port);
        if (dialled.length === 2) again.resolve();
        return dialTcp({ host, port });
      },
      secure: () => Promise.reject(new Error("there is no TLS")),
    },
  });
  const [first] = dialled;
  using _later = clockAhead(60_000); // a server that was connected to a moment ago waits anyway
  for (const server of [one, other]) if (server.port === first) server.drop();
  await again.promise;
  assertEquals(dialled.length, 2);
  assert(dialled[1] !== first, "the server that was lost is dialled first");
});

function transportTo(port: number, connect: NatsSockets["connect"]) {
  const transport = new NatsTransport();
  const settings: TransportSettings = {
    sockets: { connect, secure: () => Promise.reject(new Error("there is no TLS")) },
    allowsPlain: true,
    onEnd: () => {},
  };
  const server = { hostname: "127.0.0.1", port } as Server;
  return { transport, connecting: transport.connect(server, settings) };
}

Deno.test("bytes that come after a connection broke are not handed on", async () => {
  const late = Promise.withResolvers<number | null>();
  const said = bytes("INFO {}\r\n");
  let reads = 0;
  const { transport, connecting } = transportTo(4222, () =>
    Promise.resolve({
      read(into) {
        if (reads++ > 0) return late.promise;
        into.set(said);
        return Promise.resolve(said.length);
      },
      write: () => Promise.reject(new Error("broken pipe")),
      closeWrite: () => Promise.resolve(),
      close: () => {},
    }));
  await connecting;
  const chunks = transport[Symbol.asyncIterator]();
  assertEquals((await chunks.next()).value, said);
  const next = chunks.next();
  transport.send(bytes("PING\r\n"));
  await transport.closed();
  late.resolve(5); // the client of NATS has a parser for its next connection by now
  assertEquals(await next, { value: undefined, done: true });
});

Deno.test("an attempt that is given up leaves no connection to a NATS server that says nothing", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const reading = Promise.withResolvers<void>();
  const { transport, connecting } = transportTo(silent.addr.port, async (host, port) => {
    const conn = await dialTcp({ host, port });
    return {
      read: (memory) => (reading.resolve(), conn.read(memory)),
      write: (bytes) => conn.write(bytes),
      closeWrite: () => conn.closeWrite(),
      close: () => conn.close(),
    };
  });
  using conn = await silent.accept();
  await reading.promise;
  await transport.close(new Error("timeout"));
  await assertRejects(() => connecting);
  assertEquals(await conn.read(new Uint8Array(1)), null);
});

Deno.test("a NATS server that takes no connection is given up before its time for the handshake", async () => {
  using timers = new FakeTimers();
  const { connecting } = transportTo(1, (_host, _port, signal) => {
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  });
  timers.advance(limits.natsConnectTimeoutMs);
  await assertRejects(() => connecting, Error, "timeout");
});
