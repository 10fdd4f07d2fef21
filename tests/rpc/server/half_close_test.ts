import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { systemClock } from "../../../lib/base/clock.ts";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve, type ServeOptions } from "../../../lib/endpoint/serve.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { RpcConnection } from "../../../lib/rpc/connection/rpc_connection.ts";
import { registerMethods } from "../../../lib/rpc/method/registry.ts";
import { createPeerGate } from "../../../lib/rpc/server/peer_gate.ts";
import { listenTcp } from "../../../lib/transport/tcp.ts";
import { listenUnix } from "../../../lib/transport/unix.ts";
import { RawPeer } from "../../support/raw_peer.ts";
import { tempDirectory } from "../../support/temp.ts";
import { tlsIdentity } from "../../support/tls_identity.ts";

const LATE_MS = 20_000;

/** A stream without end, and whether its generator was ended. */
function ticks() {
  const ended = Promise.withResolvers<void>();
  const state = { made: 0 };
  return {
    ended: ended.promise,
    state,
    method: {
      public: true,
      async *handler() {
        try {
          for (;;) yield "x".repeat(1_000) + state.made++;
        } finally {
          ended.resolve();
        }
      },
    },
  };
}

/** A call that waits for the test, and says when it has begun and when it was aborted. */
function gated() {
  const { promise, resolve } = Promise.withResolvers<string>();
  const begun = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  return {
    resolve,
    begun: begun.promise,
    aborted: aborted.promise,
    method: {
      public: true,
      handler(_: unknown, { signal }: Context) {
        signal.addEventListener("abort", () => aborted.resolve());
        begun.resolve();
        return promise;
      },
    },
  };
}

Deno.test("a client that closes tells the handlers of its calls, on a transport that half closes", async () => {
  const call = gated();
  await using place = await start("tcp", { methods: { wait: call.method } });
  const client = await connect(place.server.addresses[0] ?? "");
  const waiting = assertRejects(() => client.call("wait"), TransportError);
  await call.begun;
  await client.close();
  assertEquals((await waiting).code, "unavailable");
  await deadline(call.aborted, limits.halfOpenProbeMs / 2);
});

async function start(scheme: string, options: Omit<ServeOptions, "listen">) {
  const directory = await tempDirectory();
  const { cert, key, ca } = await tlsIdentity();
  const [kind, version] = scheme.split(" ");
  const listen = scheme === "unix" ? `unix:${directory.path}/s` : `${kind}://127.0.0.1:0`;
  // A minimum version of TLS is served by node:tls, as mutual TLS is.
  const tlsMin = version === "1.3" ? version : undefined;
  const server = await serve({ ...options, listen, tls: { cert, key }, tlsMin });
  return {
    server,
    peer: () => RawPeer.connect(server.addresses[0] ?? "", ca),
    async [Symbol.asyncDispose]() {
      await server.close(0);
      await directory[Symbol.asyncDispose]();
    },
  };
}

for (const scheme of ["unix", "tcp", "tls", "tls 1.3"]) {
  Deno.test(`${scheme}: a client that asks, ends its half and reads gets the answers of calls that take their time`, async () => {
    const first = gated();
    const second = gated();
    await using place = await start(scheme, {
      methods: { first: first.method, second: second.method },
    });
    using peer = await place.peer();
    await peer.send(
      '{"jsonrpc":"2.0","id":1,"method":"first"}\n{"jsonrpc":"2.0","id":2,"method":"second"}\n',
    );
    await peer.finish();
    await first.begun;
    await second.begun;
    second.resolve("two");
    assertEquals(JSON.parse(await peer.line()).result, "two");
    first.resolve("one");
    assertEquals(
      await deadline(peer.rest(), LATE_MS),
      '{"jsonrpc":"2.0","id":1,"result":"one"}\n',
    );
  });
}

Deno.test("a call ends at its deadline also after the end of input, and the connection with it", async () => {
  const call = gated();
  await using place = await start("tcp", { methods: { wait: call.method } });
  using peer = await place.peer();
  await peer.send('{"jsonrpc":"2.0","id":1,"method":"wait","meta":{"timeoutMs":20}}\n');
  await peer.finish();
  const reply = JSON.parse(await deadline(peer.rest(), LATE_MS));
  assertEquals(reply.error.data.name, "deadline_exceeded");
  await call.aborted;
});

Deno.test("a peer that ends its half and reads gets its stream, and one that waits for credit gets its end", async () => {
  const { method } = ticks();
  await using place = await start("tcp", { methods: { ticks: method } });
  {
    using peer = await place.peer();
    await peer.send('{"jsonrpc":"2.0","id":1,"method":"ticks"}\n');
    await peer.finish();
    for (let n = 0; n < 5_000; n++) {
      assert(JSON.parse(await peer.line()).params.value.endsWith(`x${n}`));
    }
  }
  using peer = await place.peer();
  await peer.send('{"jsonrpc":"2.0","id":1,"method":"ticks","meta":{"credit":2}}\n');
  await peer.line();
  await peer.line();
  await peer.finish();
  const reply = JSON.parse(await deadline(peer.rest(), LATE_MS));
  assertEquals([reply.id, reply.error.data.name], [1, "cancelled"]);
});

Deno.test("a peer that asks for a stream, ends its half and never reads harms nobody and is cut", async () => {
  const { method, state, ended } = ticks();
  const closed = Promise.withResolvers<string | undefined>();
  await using place = await start("tcp", {
    methods: { ticks: method, one: { public: true, handler: () => 1 } },
    stalledPeerMs: 100,
    observer: { connectionClosed: (_, reason) => closed.resolve(reason) },
  });
  using peer = await place.peer();
  await peer.send('{"jsonrpc":"2.0","id":1,"method":"ticks"}\n');
  await peer.finish();
  using bystander = await place.peer();
  for (let id = 0; id < 50; id++) {
    const reply = await deadline(bystander.ask({ jsonrpc: "2.0", id, method: "one" }), LATE_MS);
    assertEquals(reply.result, 1);
  }
  assertEquals(
    await deadline(closed.promise, LATE_MS),
    "The other side took nothing of what waits for it for 100 ms",
  );
  await deadline(ended, LATE_MS);
  assert(state.made < 100_000, `${state.made} items were made for nobody`);
});

for (const credit of [undefined, 1e9]) {
  Deno.test(`close() ends a stream without end in time, with credit ${credit}`, async () => {
    const { method, ended } = ticks();
    await using place = await start("tcp", { methods: { ticks: method } });
    using peer = await place.peer();
    const meta = credit === undefined ? "" : `,"meta":{"credit":${credit}}`;
    await peer.send(`{"jsonrpc":"2.0","id":1,"method":"ticks"${meta}}\n`);
    await peer.line();
    const reading = peer.rest();
    await deadline(place.server.close(50), LATE_MS);
    await deadline(ended, LATE_MS);
    await reading;
  });
}

Deno.test("close() ends in time although a peer that ended its half never reads its stream", async () => {
  const { method, ended } = ticks();
  await using place = await start("tcp", { methods: { ticks: method } });
  using peer = await place.peer();
  await peer.send('{"jsonrpc":"2.0","id":1,"method":"ticks"}\n');
  await peer.finish();
  await peer.line();
  await deadline(place.server.close(50), LATE_MS);
  await deadline(ended, LATE_MS);
  assertEquals(place.server.connections, 0);
});

for (const transport of ["unix", "tcp"] as const) {
  Deno.test(`${transport}: a peer that is gone for good is found out, and its calls are told`, async () => {
    const call = gated();
    await using directory = await tempDirectory();
    const listener = transport === "tcp"
      ? listenTcp({ host: "127.0.0.1", port: 0 })
      : await listenUnix(`${directory.path}/s`);
    const accepting = listener[Symbol.asyncIterator]().next();
    const peer = await RawPeer.connect(listener.address);
    const { value } = await accepting;
    const rpc = new RpcConnection(value, {
      methods: registerMethods({ wait: call.method }),
      gate: createPeerGate(),
      observer: {},
      clock: systemClock,
      callTimeoutMs: limits.callTimeoutMs,
      maxCallTimeoutMs: limits.maxCallTimeoutMs,
      maxCallsInFlight: limits.maxCallsInFlight,
      halfOpenProbeMs: 10,
    });
    const running = rpc.run();
    await peer.send('{"jsonrpc":"2.0","id":1,"method":"wait"}\n');
    await call.begun;
    peer[Symbol.dispose]();
    await deadline(call.aborted, LATE_MS);
    await deadline(running, LATE_MS);
    listener.close();
  });
}
