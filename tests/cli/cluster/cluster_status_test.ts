import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { accessTo, askCluster, clusterLines } from "../../../lib/cli/cluster/cluster_status.ts";
import { writeClusterFile } from "../../../lib/endpoint/store/cluster_file.ts";
import type { NatsAddress } from "../../../lib/transport/address.ts";
import { createIo, dari, startDari } from "../../support/dari_command.ts";
import { world } from "../../support/mutual_tls.ts";
import { natsTest, startNats } from "../../support/nats_server.ts";
import { tempDirectory } from "../../support/temp.ts";

const none = { to: [], ca: undefined, cert: undefined, key: undefined, data: undefined };

Deno.test("clusterLines() is a table of the servers, and says how many have answered", () => {
  const service = "nats://localhost:4222/orders";
  const seen = {
    ...{ instance: "i1", version: "0.1.0", server: "server-2.internal", health: "SERVING" },
    ...{
      startedMs: 40_000,
      connections: 1_200,
      certificateNotAfterMs: 160_000,
      storeStalenessMs: 250,
      messagesStalenessMs: 30,
    },
    calls: { active: 3, total: 10, perSecond: 2.5 },
  };
  const lines = clusterLines({
    ...{ service, atMs: 100_000 },
    servers: [
      seen,
      {
        ...{ instance: "i2", version: "?" },
        messagesStalenessMs: Infinity,
        certificateNotAfterMs: 40_000,
      },
    ],
  });
  const cells = lines.map((line) => line.split(/ {2,}/));
  assertEquals(cells.slice(0, 3).map(({ length }) => length), [11, 11, 11]);
  assertEquals(cells[1]!.slice(0, 5), ["server-2.internal", "i1", "0.1.0", "SERVING", "1m"]);
  assertEquals(cells[2]!.slice(3, 10), ["-", "-", "-", "-", "-", "-", "unknown"]);
  assertStringIncludes(lines[1]!, "250 ms old  30 ms old  good for 1m");
  assertStringIncludes(lines[2]!, "expired since 1m");
  assertEquals(lines[3], `2 servers have answered for ${service}`);
  const [only] = clusterLines({ service, atMs: 0, servers: [] });
  assertEquals(only, `0 servers have answered for ${service}`);
});

Deno.test("dari status --cluster needs a service of NATS", async () => {
  await using directory = await tempDirectory();
  const choice = { ...none, data: directory.path };
  const ask = (to: string[]) => askCluster({ ...choice, to }, createIo());
  const missing = await assertRejects(() => ask([]), DariError, "name one: --to nats://");
  assertEquals(missing.code, "failed_precondition");
  const other = await assertRejects(() => ask(["tls://box:1"]), DariError, "write nats://");
  assertEquals(other.code, "usage");
});

Deno.test("accessTo() shows NATS servers what the server of the data directory shows them", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  const { authority, client } = await world();
  const [ca, cert, key] = ["ca", "cert", "key"].map((name) => `${path}/${name}`) as [
    string,
    string,
    string,
  ];
  await Deno.writeTextFile(ca, authority.pem);
  await Deno.writeTextFile(cert, client.cert);
  await Deno.writeTextFile(key, client.key, { mode: 0o600 });
  await writeClusterFile(path, { address: "nats://n1/orders", ca, cert, key });
  const at = (service: string): NatsAddress => ({
    ...{ kind: "nats", servers: [{ host: "n2", port: 4222 }], service },
  });
  const { pairNow, ...shown } = await accessTo(at("orders"), none, path);
  assertEquals(shown, { ca: authority.pem, pair: { cert: client.cert, key: client.key } });
  // A connection that is opened again shows the certificate that is there then.
  await Deno.writeTextFile(cert, "renewed");
  assertEquals(await pairNow?.(), { cert: "renewed", key: client.key });
  assertEquals(await accessTo(at("shop"), none, path), {});
  assertEquals(await accessTo(at("orders"), { ...none, ca }, path), { ca: authority.pem });
});

natsTest("dari status --cluster lists the servers of the service of a data directory", async () => {
  await using nats = await startNats();
  await using directory = await tempDirectory();
  const service = `nats://${nats.at}/orders`;
  const paths = ["a", "b"].map((name) => `${directory.path}/${name}`);
  const serve = (data: string) => startDari(["serve", "--cluster", service, "--data", data]);
  await using first = serve(paths[0]!);
  await using second = serve(paths[1]!);
  for (const server of [first, second]) await server.waitFor("ready");
  const choice = { ...none, data: paths[0]! };
  // However busy the machine is: both answer to one of many questions.
  let servers = (await askCluster(choice, createIo(), 100)).servers;
  for (let n = 0; n < 50 && servers.length < 2; n++) {
    servers = (await askCluster(choice, createIo(), 200)).servers;
  }
  assertEquals(servers.map(({ health, connections }) => [health, connections]), [
    ["SERVING", 0],
    ["SERVING", 0],
  ]);
  for (const { calls, certificateNotAfterMs = 0, version } of servers) {
    assertEquals([calls?.active, calls?.total, /^\d/.test(version)], [0, 0, true]);
    assert(certificateNotAfterMs > Date.now());
  }
  await second.stop();
  const { out, code } = await dari(["status", "--cluster", "--json", "--to", service]);
  const left = JSON.parse(out);
  assertEquals([code, left.service, left.servers.length <= 1], [0, service, true]);
});
