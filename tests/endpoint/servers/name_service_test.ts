import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { connectBy } from "../../../lib/endpoint/connect_by.ts";
import { createNodeDial } from "../../../lib/endpoint/client/node_dial.ts";
import { createDial } from "../../../lib/endpoint/dial.ts";
import { lookUp, type NameService } from "../../../lib/endpoint/servers/name_service.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { systemNames } from "../../../lib/endpoint/servers/system_names.ts";
import { listenTls } from "../../../lib/transport/tls/tls_listen.ts";
import { parseAddress } from "../../../lib/transport/scheme/parse.ts";
import { tlsAuthority, tlsPair } from "../../support/tls_certificates.ts";

const at = { host: "many.example", port: 9_090 };
const { signal } = new AbortController();

/** Names that a test makes up. */
function names(ips: readonly string[], more: Partial<NameService> = {}): NameService {
  return {
    isPermitted: () => true,
    lookup: () => Promise.resolve(ips),
    ttlMs: () => Promise.resolve(7_000),
    ...more,
  };
}

/** Servers on two addresses with one port, and with certificates for one name. */
async function startTwo(name: string) {
  const authority = await tlsAuthority("CN=ours");
  const pair = await tlsPair(authority, { names: [name] });
  const first = listenTls({ host: "127.0.0.1", port: 0, ...pair });
  const { port } = parseAddress(first.address) as { port: number };
  const listeners = [first, listenTls({ host: "127.0.0.2", port, ...pair })];
  const servers = await Promise.all(
    listeners.map((listen, n) =>
      serve({ listen, methods: { who: { public: true, handler: () => `${n + 1}` } } })
    ),
  );
  return {
    ca: authority.pem,
    address: `tls://many.example:${port}`,
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server.close(0)));
    },
  };
}

for (const [runtime, dialer] of Object.entries({ Deno: createDial, Node: createNodeDial })) {
  Deno.test(`a name with several addresses is several servers (${runtime}'s sockets)`, async () => {
    await using servers = await startTwo("many.example");
    const service = names(["127.0.0.1", "127.0.0.2"]);
    const target = { createDial: dialer, names: service };
    await using client = await connectBy(target, servers.address, { ca: servers.ca });
    const seen = new Set<unknown>();
    while (seen.size < 2) seen.add(await client.call("who"));
    const { port } = parseAddress(servers.address) as { port: number };
    assertEquals(client.status.servers.map(({ address }) => address), [
      `tls://127.0.0.1:${port}`,
      `tls://127.0.0.2:${port}`,
    ]);
  });

  Deno.test(`each of them must have the certificate of the name (${runtime}'s sockets)`, async () => {
    await using servers = await startTwo("another.example");
    const target = { createDial: dialer, names: names(["127.0.0.1", "127.0.0.2"]) };
    const error = await assertRejects(
      () => connectBy(target, servers.address, { ca: servers.ca }),
      TransportError,
      "is for other names",
    );
    assert(!error.retryable);
  });
}

Deno.test("a name that cannot be looked up is connected to as the system does it", async () => {
  const failing = names([], { lookup: () => Promise.reject(new Error("ENOTFOUND")) });
  const address = "tls://no-such-name.invalid:1";
  const error = await assertRejects(
    () => connectBy({ createDial, names: failing }, address, {}),
    TransportError,
    "Cannot connect to no-such-name.invalid:1",
  );
  assertEquals(error.code, "unavailable");
});

Deno.test("a name that cannot be looked up any more keeps the servers that it had", async () => {
  await using servers = await startTwo("many.example");
  let isDown = false;
  let failures = 0;
  const lookup = () => {
    if (!isDown) return Promise.resolve(["127.0.0.1", "127.0.0.2"]);
    failures++;
    return Promise.reject(new Error("SERVFAIL"));
  };
  const target = { createDial, names: names([], { lookup }) };
  await using client = await connectBy(target, servers.address, { ca: servers.ca });
  isDown = true;
  const before = client.status.servers.map(({ address }) => address);
  await servers[Symbol.asyncDispose]();
  while (failures === 0) await client.call("who").catch(() => {});
  assertEquals(client.status.servers.map(({ address }) => address), before);
});

Deno.test("lookUp() takes the time to live of the name's records", async () => {
  assertEquals(await lookUp(at, names(["10.0.0.1"]), signal), {
    ips: ["10.0.0.1"],
    ttlMs: 7_000,
  });
  const unknown = [
    names(["10.0.0.1"], { ttlMs: () => Promise.resolve(undefined) }),
    names(["10.0.0.1"], { ttlMs: () => Promise.reject(new Error("no DNS server")) }),
    names(["10.0.0.1"], { ttlMs: () => new Promise(() => {}) }),
  ];
  for (const service of unknown) {
    assertEquals(await lookUp(at, service, signal), {
      ips: ["10.0.0.1"],
      ttlMs: limits.resolveIntervalMs,
    });
  }
});

Deno.test("lookUp() asks nothing that the program may not ask, and gives no address that it may not use", async () => {
  const asked: string[] = [];
  const lookup = (name: string) => {
    asked.push(name);
    return Promise.resolve(["10.0.0.1", "10.0.0.2"]);
  };
  const never = names([], { lookup, isPermitted: () => false });
  assertEquals([(await lookUp(at, never, signal)).ips, asked], [[], []]);
  const byName = names([], { lookup, isPermitted: (host) => host === at.host });
  assertEquals([(await lookUp(at, byName, signal)).ips, asked], [[], [at.host]]);
  const part = names([], { lookup, isPermitted: (host) => host !== "10.0.0.2" });
  assertEquals((await lookUp(at, part, signal)).ips, []);
});

Deno.test("systemNames() knows the names of this machine", async () => {
  assert((await systemNames().lookup("localhost")).includes("127.0.0.1"));
  assertEquals(systemNames().isPermitted("any", 1), true);
  await assertRejects(() => systemNames().lookup("no-such-name.invalid"));
  assertEquals(await systemNames().ttlMs("no-such-name.invalid"), undefined);
});
