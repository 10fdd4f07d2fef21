import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { invitedCluster } from "../../../lib/cli/cluster/invited_cluster.ts";
import { holdDirectory } from "../../../lib/cli/workspace/directory_in_use.ts";
import { makeRecordKey, saveRecordKey } from "../../../lib/cluster/record_key.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("invitedCluster() takes a running server of a service that shares state and has the authority's key", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  const refused = (words: string) =>
    assertRejects(() => invitedCluster(path), DariError, words).then(({ code }) =>
      assertEquals(code, "failed_precondition")
    );
  await refused("in no cluster");
  using held = await holdDirectory(path);
  using _socket = Deno.listen({ transport: "unix", path: held.socket });
  const serving = { maxConnections: 1, tlsMin: "1.2" };
  await held.tell({}, { ...serving, addresses: ["tls://localhost:1"] });
  await refused("in no cluster");
  await held.tell({}, { ...serving, addresses: ["nats://n1:4222,n2:4222/orders"] });
  await refused("invite on the machine that has it");
  await Deno.writeTextFile(`${path}/ca.key`, "");
  await refused("it has no cluster.key");
  await saveRecordKey(path, makeRecordKey());
  assertEquals(await invitedCluster(path), {
    address: "nats://n1:4222,n2:4222/orders",
    names: ["orders.service.internal"],
  });
});
