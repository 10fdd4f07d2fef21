import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { writeServerConfig } from "../../../lib/cluster/config/server_config.ts";
import { openNatsStore } from "../../../lib/cluster/store/nats_store.ts";
import { surveyService } from "../../../lib/cluster/service/survey.ts";
import { logSubject } from "../../../lib/cluster/subjects.ts";
import { openNats } from "../../../lib/endpoint/cluster/nats_access.ts";
import { parseAddress } from "../../../lib/transport/scheme/parse.ts";
import type { NatsAddress } from "../../../lib/transport/address.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { world } from "../../support/mutual_tls.ts";
import { natsTest, startConfigured } from "../../support/nats_server.ts";
import { sharedKey } from "../../support/shared_store.ts";
import { tempDirectory } from "../../support/temp.ts";
import { clientPair, tlsPair } from "../../support/tls_certificates.ts";

const files = { cert: "server.crt", key: "server.key", ca: "ca.crt" };
const config = {
  listen: "127.0.0.1:-1",
  files,
  servers: [{ service: "orders", name: "server-1.internal" }],
  clients: [
    { service: "orders", name: "shop.internal" },
    { service: "billing", name: "server-1.internal" },
  ],
};

Deno.test("writeServerConfig() gives a program the parts that it has, together", () => {
  const text = writeServerConfig(config);
  const [offering, using] = text.split("user:").slice(1);
  assert(
    offering?.includes('publish: { allow: ["_INBOX.>", "$SRV.STATS.orders", "dari.billing.open"'),
  );
  assert(offering?.includes('"dari.orders.open q"'));
  assert(offering?.includes('"_INBOX.server-1=2einternal.>"'));
  assert(using?.includes('subscribe: { allow: ["_INBOX.shop=2einternal.>"] }'));
  assertEquals(text.includes("cluster {"), false);
});

Deno.test("writeServerConfig() names the other NATS servers where there are some", () => {
  const cluster = { node: "a", listen: "0.0.0.0:6222", routes: ["b:6222", "c:6222"] };
  const text = writeServerConfig({ ...config, cluster });
  assert(text.includes('routes: ["nats-route://b:6222", "nats-route://c:6222"]'));
  assert(text.includes('server_name: "a"'));
});

Deno.test("writeServerConfig() gives both ends time to shake hands, and asks the silent", () => {
  const cluster = { node: "a", listen: "0.0.0.0:6222", routes: ["b:6222"] };
  const text = writeServerConfig({ ...config, cluster });
  const blocks = text.split("\n").filter((line) => line.trim() === "tls {").length;
  const timeouts = text.match(/^ +timeout: .*$/gm)?.map((line) => Number(line.split(": ")[1]));
  assertEquals([blocks, timeouts], [2, Array(2).fill(limits.natsHandshakeTimeoutMs / 1_000)]);
  const { natsServerPingMs: pingMs, natsServerPings: pings, natsServerWriteMs: writeMs } = limits;
  assert(text.includes(`ping_interval: "${pingMs}ms"\nping_max: ${pings}\n`));
  assert(text.includes(`write_deadline: "${writeMs}ms"\n`));
});

natsTest(
  "a NATS server with this configuration lets each program do its part, and no other",
  async () => {
    const { authority } = await world();
    await using nats = await startConfigured(authority, writeServerConfig(config));
    const ca = authority.pem;
    const as = (name: string) => clientPair(authority, name);
    const [server, shop, eve] = await Promise.all(
      ["server-1.internal", "shop.internal", "eve.internal"].map(as),
    );
    const tls = await tlsPair(authority, { names: ["orders.service.internal"] });
    const methods = { add: ({ a, b }: { a: number; b: number }) => a + b };
    const offer = { listen: `nats://${nats.at}/orders`, methods, public: ["add"], tls } as const;
    await using _server = await serve({ ...offer, nats: { ca, pair: server } });
    await using client = await connect<typeof methods>(`nats://${nats.at}/orders`, {
      ca,
      ...shop!,
    });
    assertEquals(await client.call("add", { a: 1, b: 2 }), 3);
    // Another service, offering, and a name that does not stand there.
    const billing = `nats://${nats.at}/billing`;
    const denied = await assertRejects(() => connect(billing, { ca, ...shop! }), TransportError);
    assert(denied.message.includes("dari nats config"), denied.message);
    await assertRejects(() => serve({ ...offer, nats: { ca, pair: shop } }), Error, "does not let");
    const at = parseAddress(billing) as NatsAddress;
    await assertRejects(() => openNats(at, "eve", { ca, pair: eve }), TransportError, "refuses");
    await assertRejects(() => openNats(at, "nobody", { ca }), TransportError, "client certificate");
  },
);

natsTest("servers of a service may ask how the others are, and its clients may not", async () => {
  const { authority } = await world();
  await using nats = await startConfigured(authority, writeServerConfig(config));
  const at = parseAddress(`nats://${nats.at}/orders`) as NatsAddress;
  const ask = async (name: string, waitMs: number) => {
    const pair = await clientPair(authority, name);
    const bus = await openNats(at, "status", { ca: authority.pem, pair });
    try {
      return await surveyService(bus, "orders", waitMs);
    } finally {
      await bus.close();
    }
  };
  assertEquals(await ask("server-1.internal", 60_000), []); // nobody offers it
  const refused = () => ask("shop.internal", 60_000);
  await assertRejects(refused, TransportError, "does not let this program ask");
});

natsTest("a program hears no answers of another", async () => {
  const { authority } = await world();
  await using nats = await startConfigured(authority, writeServerConfig(config));
  const at = parseAddress(`nats://${nats.at}`) as NatsAddress;
  const pair = await clientPair(authority, "shop.internal");
  await using bus = await openNats(at, "shop", { ca: authority.pem, pair });
  const reasons: string[] = [];
  for (const subject of ["_INBOX.>", "_INBOX.server-1=2einternal.x", "dari.orders.>", ">"]) {
    bus.subscribe(subject, () => {}, { onRefused: (reason) => reasons.push(reason) });
  }
  await bus.flush();
  assertEquals(reasons.length, 4);
});

natsTest(
  "with a folder for streams, servers share a store in which clients have no part",
  async () => {
    const { authority } = await world();
    await using folder = await tempDirectory();
    const text = writeServerConfig({ ...config, streams: folder.path });
    await using nats = await startConfigured(authority, text);
    const open = async (name: string, service: string) => {
      const at = parseAddress(`nats://${nats.at}/${service}`) as NatsAddress;
      const pair = await clientPair(authority, name);
      return await openNats(at, name, { ca: authority.pem, pair });
    };
    await using bus = await open("server-1.internal", "orders");
    await using opened = await openNatsStore({ bus, service: "orders", key: sharedKey });
    const { store } = opened;
    await store.put("a", "1");
    assertEquals((await store.get("a"))?.value, "1");
    await using client = await open("shop.internal", "orders");
    const denied: string[] = [];
    using _denied = client.onDenied((subject) => denied.push(subject));
    const subjects = [
      `${logSubject("orders", "store")}.live.log`,
      "$JS.API.STREAM.DELETE.dari_orders_store",
    ];
    for (const subject of subjects) client.publish(subject, new Uint8Array(1));
    await client.flush();
    await client.flush();
    assertEquals(denied, subjects);
  },
);
