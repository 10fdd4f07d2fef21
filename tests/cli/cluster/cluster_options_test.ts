import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { clusterPlaces, natsAccessOf } from "../../../lib/cli/cluster/cluster_options.ts";
import { writeClusterFile } from "../../../lib/endpoint/store/cluster_file.ts";
import { dari, startDari } from "../../support/dari_command.ts";
import { natsTest, startNats } from "../../support/nats_server.ts";
import { tempDirectory } from "../../support/temp.ts";
import { world } from "../../support/mutual_tls.ts";

const none = {
  cluster: undefined,
  "cluster-ca": undefined,
  "cluster-cert": undefined,
  "cluster-key": undefined,
};

Deno.test("natsAccessOf() reads files only for --cluster, and trusts the data directory's authority", async () => {
  await using directory = await tempDirectory();
  const { authority, client } = await world();
  assertEquals(await natsAccessOf(none, directory.path), undefined);
  const choice = { ...none, cluster: "nats://localhost" };
  assertEquals(await natsAccessOf(choice, directory.path), {});
  await Deno.writeTextFile(`${directory.path}/ca.crt`, authority.pem);
  assertEquals(await natsAccessOf(choice, directory.path), { ca: authority.pem });
  const [cert, key] = [`${directory.path}/a.crt`, `${directory.path}/a.key`];
  await Deno.writeTextFile(cert, client.cert);
  await Deno.writeTextFile(key, client.key, { mode: 0o600 });
  const whole = { ...choice, "cluster-cert": cert, "cluster-key": key };
  assertEquals((await natsAccessOf(whole, directory.path))?.pair?.key, client.key);
  await writeClusterFile(directory.path, { address: choice.cluster, cert, key });
  assertEquals((await natsAccessOf(choice, directory.path))?.pair?.key, client.key);
  const other = { ...choice, cluster: "nats://localhost/other" };
  assertEquals(await natsAccessOf(other, directory.path), { ca: authority.pem });
  const half = { ...choice, "cluster-cert": cert };
  await assertRejects(() => natsAccessOf(half, directory.path), DariError, "belong together");
});

Deno.test("clusterPlaces() is one place more, or none", () => {
  assertEquals(clusterPlaces(undefined), []);
  assertEquals(clusterPlaces("nats://localhost"), ["nats://localhost"]);
});

Deno.test("dari serve --cluster takes an address of NATS", async () => {
  for (const typed of ["tls://localhost:1", "nats://localhost:1/orders/ID"]) {
    const { code, err } = await dari(["serve", "--cluster", typed]);
    assertEquals(code, 64);
    assertStringIncludes(err, "nats://localhost:4222/orders");
  }
});

natsTest(
  "dari serve --cluster offers a service that conforms, and says how to call it",
  async () => {
    await using nats = await startNats();
    await using directory = await tempDirectory();
    const data = `${directory.path}/data`;
    const to = `nats://${nats.at}/orders`;
    await using server = startDari(["serve", "--cluster", to, "--data", data]);
    const said = await server.waitFor("From another terminal:");
    assertStringIncludes(said, `listening on ${to}`);
    const trusting = ["--to", to, "--ca", `${data}/ca.crt`];
    assertEquals((await dari(["call", "add", "a=10", "b=20", ...trusting])).out, "30");
    assertEquals((await dari(["call", "count", "to=3", ...trusting])).out, "1\n2\n3");
    const conformance = ["conformance", to, "--ca", `${data}/ca.crt`, "--level", "streams"];
    const { out, code } = await dari(conformance);
    assertEquals([out.trim().replace(/^\d+/, "N"), code], ["N passed, 0 failed, 0 skipped", 0]);
    assertEquals((await server.stop()).code, 0);
  },
);
