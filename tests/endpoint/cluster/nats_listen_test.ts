import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError, RpcError, TransportError } from "../../../lib/base/errors.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { openNats } from "../../../lib/endpoint/cluster/nats_access.ts";
import type { NatsAddress } from "../../../lib/transport/address.ts";
import { parseAddress } from "../../../lib/transport/scheme/parse.ts";
import { serve, type ServeOptions } from "../../../lib/endpoint/serve.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { openIdentity } from "../../../lib/auth/mod.ts";
import { createMemoryStore } from "../../../lib/store/mod.ts";
import { login, password } from "../../support/alice_server.ts";
import { world } from "../../support/mutual_tls.ts";
import {
  natsClient,
  type NatsServer,
  natsTest,
  startNats,
  startNatsCluster,
} from "../../support/nats_server.ts";
import { tempDirectory } from "../../support/temp.ts";
import { tlsPair } from "../../support/tls_certificates.ts";

const NAME = "orders.service.internal";

const methods = {
  add: ({ a, b }: { a: number; b: number }) => a + b,
  whoami: (_: unknown, { principal }: Context) => principal?.name ?? null,
  echo: ({ value }: { value: unknown }) => value,
  async *count({ to }: { to: number }) {
    for (let n = 1; n <= to; n++) yield n;
  },
  async sum({ numbers }: { numbers: AsyncIterable<number> }) {
    let sum = 0;
    for await (const number of numbers) sum += number;
    return sum;
  },
  ask: async (_: unknown, context: Context) => await context.call("answer", { to: 6 }),
  wait: (_: unknown, { signal }: Context) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    }),
  refuse(): never {
    throw new DariError("already_exists", "It is there already");
  },
};
const names = Object.keys(methods);

/** Serves as a service of NATS; its certificate is by the world's authority. */
async function startService(nats: NatsServer, options: Partial<ServeOptions> = {}) {
  const { authority } = await world();
  const tls = await tlsPair(authority, { names: [NAME] });
  return await serve({
    listen: `nats://${nats.at}/orders`,
    methods,
    public: names,
    tls,
    ...options,
  } as ServeOptions);
}

natsTest("calls of every kind go through NATS", async () => {
  await using nats = await startNats();
  const { authority, client: { cert, key } } = await world();
  await using server = await startService(nats, { clientCa: authority.pem });
  assertEquals(server.addresses, [`nats://${nats.at}/orders`]);
  await using client = await connect<typeof methods>(`nats://${nats.at}/orders`, {
    ...{ ca: authority.pem, cert, key },
    methods: { answer: ({ to }: { to: number }) => to * 7 },
  });
  assertEquals(await client.call("add", { a: 1, b: 2 }), 3);
  const value = { at: new Date(5), bytes: new Uint8Array([1, 2]), set: new Set([1n]) };
  assertEquals(await client.call("echo", { value }), value);
  // More than a message of NATS may have.
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  const blob = new Uint8Array(3_000_000).map((_, at) => bytes[at % bytes.length]!);
  assertEquals(await client.call("echo", { value: blob }), blob);
  assertEquals((await Array.fromAsync(client.stream("count", { to: 1_000 }))).length, 1_000);
  async function* numbers() {
    for (let n = 1; n <= 100; n++) yield n;
  }
  assertEquals(await client.call("sum", { numbers: numbers() }), 5_050);
  assertEquals(await client.call("ask", {}), 42);
  const error = await assertRejects(() => client.call("refuse"), RpcError);
  assertEquals(error.code, "already_exists");
  const late = await assertRejects(() => client.call("wait", {}, { timeoutMs: 30 }), DariError);
  assertEquals(late.code, "deadline_exceeded");
  const controller = new AbortController();
  const cancelled = assertRejects(() => client.call("wait", {}, { signal: controller.signal }));
  controller.abort(new Error("no longer"));
  await cancelled;
});

natsTest(
  "the calls of one client go to all servers of the service, and on when one stops",
  async () => {
    await using nats = await startNats();
    const { authority } = await world();
    const serving = (name: string) =>
      startService(nats, { methods: { name: () => name }, public: ["name"] });
    await using first = await serving("first");
    await using second = await serving("second");
    assert(first !== second);
    await using client = await connect(`nats://${nats.at}/orders`, { ca: authority.pem });
    const answers = new Set<unknown>();
    while (answers.size < 2) {
      for (const answer of await Promise.all([1, 2, 3, 4].map(() => client.call("name")))) {
        answers.add(answer);
      }
    }
    await first.close();
    for (let call = 0; call < 10; call++) assertEquals(await client.call("name"), "second");
  },
);

natsTest(
  "a certificate of the client is its principal, and one that is missing is refused",
  async () => {
    await using nats = await startNats();
    const { authority, client: { cert, key } } = await world();
    const refused: string[] = [];
    await using _server = await startService(nats, {
      clientCa: authority.pem,
      onRefused: (address, reason) => refused.push(`${address} ${reason}`),
    });
    const to = `nats://${nats.at}/orders`;
    await using client = await connect<typeof methods>(to, { ca: authority.pem, cert, key });
    assertEquals(await client.call("whoami", {}), "certificate:worker.internal");
    await assertRejects(async () => {
      await using stranger = await connect<typeof methods>(to, { ca: authority.pem });
      await stranger.call("whoami", {});
    }, TransportError);
    assertEquals(refused.length > 0, true);
  },
);

natsTest("a server whose certificate is for another service is not called", async () => {
  await using nats = await startNats();
  const { authority, foreign } = await world();
  const to = `nats://${nats.at}/orders`;
  for (
    const tls of [
      await tlsPair(authority, { names: ["billing.service.internal"] }),
      await tlsPair(foreign, { names: [NAME] }),
    ]
  ) {
    await using _server = await startService(nats, { tls });
    const options = { ca: authority.pem, connectTimeoutMs: 2_000 };
    const error = await assertRejects(() => connect(to, options), TransportError);
    assert(/certificate/.test(error.message), error.message);
  }
});

natsTest(
  "passwords sign in over the data directory's certificate, and a disabled account's calls end",
  async () => {
    await using nats = await startNats();
    await using directory = await tempDirectory();
    const data = `${directory.path}/data`;
    await using store = createMemoryStore();
    using identity = await openIdentity(store, { passwords: { iterations: 4_096 } });
    await identity.accounts.add({ name: "alice", password });
    await using _server = await startService(nats, {
      ...{ tls: undefined, data, gate: identity.gate, public: [] },
    });
    const ca = await Deno.readTextFile(`${data}/ca.crt`);
    const to = `nats://${nats.at}/orders`;
    await assertRejects(
      () => connect(to, { ca, login: { ...login, password: "wrong" } }),
      DariError,
    );
    // SCRAM, bound to the TLS that runs through NATS.
    await using client = await connect<typeof methods>(to, { ca, login });
    assertEquals(await client.call("whoami", {}), "alice");
    const hanging = assertRejects(() => client.call("wait", {}), DariError);
    await identity.accounts.disable("alice");
    await hanging;
  },
);

natsTest("three NATS servers with mutual TLS carry calls from one to the other", async () => {
  const { authority } = await world();
  await using cluster = await startNatsCluster(authority);
  const [first, , third] = cluster.nodes as [NatsServer, NatsServer, NatsServer];
  const pair = await natsClient(authority);
  await using server = await startService(first, { nats: { ca: authority.pem, pair } });
  assertEquals(server.addresses.length, 1);
  const to = `nats://${third.at}/orders`;
  await using client = await connect<typeof methods>(to, { ca: authority.pem, ...pair });
  assertEquals(await client.call("add", { a: 1, b: 2 }), 3);
  const error = await assertRejects(
    () => connect(to, { ca: authority.pem, connectTimeoutMs: 1_000 }),
    TransportError,
  );
  assertEquals(error.code, "unavailable");
});

natsTest("connections end with their NATS server, and are made anew when it is back", async () => {
  const { authority } = await world();
  await using cluster = await startNatsCluster(authority);
  const [first, second] = cluster.nodes as [NatsServer, NatsServer];
  const pair = await natsClient(authority);
  await using _server = await startService(first, { nats: { ca: authority.pem, pair } });
  const to = `nats://${first.at},${second.at}/orders`;
  await using client = await connect<typeof methods>(to, { ca: authority.pem, ...pair });
  assertEquals(await client.call("add", { a: 1, b: 2 }), 3);
  await first.kill();
  // The server finds its way to another NATS server, and so does the client.
  const options = { waitForReady: true, timeoutMs: 20_000, idempotencyKey: "once" };
  assertEquals(await client.call("add", { a: 2, b: 2 }, options), 4);
});

natsTest("an address of one server cannot be offered, and NATS must be there", async () => {
  await using nats = await startNats();
  const listen = `nats://${nats.at}/orders/i1`;
  const error = await assertRejects(() => startService(nats, { listen }), DariError);
  assertEquals(error.code, "usage");
  await nats.kill();
  await assertRejects(() => startService(nats), TransportError, "nothing listens there");
});

natsTest("each server answers ping, info and stats of ADR-32", async () => {
  await using nats = await startNats();
  const { authority } = await world();
  await using _first = await startService(nats, { info: { title: "orders", version: "1" } });
  await using _second = await startService(nats);
  const at = parseAddress(`nats://${nats.at}`) as NatsAddress;
  await using bus = await openNats(at, "asker", {});
  const ask = (subject: string, count: number) => {
    const answers: Record<string, unknown>[] = [];
    const { promise, resolve } = Promise.withResolvers<typeof answers>();
    const reply = `${bus.inbox}.answers`;
    const subscription = bus.subscribe(reply, ({ data }) => {
      answers.push(JSON.parse(new TextDecoder().decode(data)));
      if (answers.length === count) resolve(answers);
    });
    bus.publish(subject, new Uint8Array(), reply);
    return promise.finally(() => subscription[Symbol.dispose]());
  };
  const pings = await ask("$SRV.PING.orders", 2);
  const ids = new Set(pings.map(({ id }) => String(id)));
  assertEquals([ids.size, pings[0]?.name], [2, "orders"]);
  await using client = await connect<typeof methods>(`nats://${nats.at}/orders`, {
    ca: authority.pem,
  });
  assertEquals(await client.call("add", { a: 1, b: 2 }), 3);
  const infos = await ask("$SRV.INFO.orders", 2);
  assert(infos.some(({ description }) => description === "orders"));
  const [id] = ids;
  const [stats] = await ask(`$SRV.STATS.orders.${id}`, 1);
  assertEquals([stats?.id, stats?.type], [id, "io.nats.micro.v1.stats_response"]);
});
