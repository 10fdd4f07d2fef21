import { assertEquals } from "@std/assert";
import { clusterSecretsOf } from "../../../lib/cli/cluster/cluster_secrets.ts";
import { formatRecordKey, makeRecordKey, saveRecordKey } from "../../../lib/cluster/record_key.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("clusterSecretsOf() gives the key and the authorities, once there is a key", async () => {
  await using directory = await tempDirectory();
  assertEquals(await clusterSecretsOf(directory.path), undefined);
  const key = makeRecordKey();
  await saveRecordKey(directory.path, key);
  await Deno.writeTextFile(`${directory.path}/ca.crt`, "both");
  assertEquals(await clusterSecretsOf(directory.path), {
    recordKey: formatRecordKey(key).trimEnd(),
    authorities: "both",
  });
});
