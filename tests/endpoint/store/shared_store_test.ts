import { assert, assertEquals, assertRejects } from "@std/assert";
import { openIdentity } from "../../../lib/auth/mod.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { saveRecordKey } from "../../../lib/cluster/record_key.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { openAuditedStore } from "../../../lib/endpoint/audit/audited_store.ts";
import { readClusterFile, writeClusterFile } from "../../../lib/endpoint/store/cluster_file.ts";
import { openDataStore } from "../../../lib/endpoint/store/shared_store.ts";
import { readRecords } from "../../../lib/ops/audit/tables.ts";
import { hasNats, type NatsServer, startNats } from "../../support/nats_server.ts";
import { sharedKey } from "../../support/shared_store.ts";
import { tempDirectory } from "../../support/temp.ts";

/** A data directory that belongs to a cluster. */
async function member({ at }: NatsServer, service: string) {
  const directory = await tempDirectory();
  await saveRecordKey(directory.path, sharedKey);
  await writeClusterFile(directory.path, { address: `nats://${at}/${service}` });
  return directory;
}

const passwords = { iterations: 4_096 };
const login = { username: "alice", password: "correct horse battery" };
const methods = { hang: () => new Promise(() => {}) };

// One NATS server for all of them, each with a service of its own.
Deno.test({ name: "servers that share a store", ignore: !hasNats }, async (t) => {
  await using nats = await startNats({ jetStream: true });

  await t.step("know each other's accounts, and a revocation ends connections of all", async () => {
    await using here = await member(nats, "accounts");
    await using there = await member(nats, "accounts");
    await using near = await openDataStore(here.path);
    await using far = await openDataStore(there.path);
    using one = await openIdentity(near.store, { passwords });
    using other = await openIdentity(far.store, { passwords });
    await one.accounts.add({ name: "alice", password: login.password, roles: ["admin"] });
    const data = `${there.path}/server`;
    const server = await serve({ listen: ["tls://localhost:0"], data, methods, gate: other.gate });
    try {
      const ca = await Deno.readTextFile(`${data}/ca.crt`);
      await using client = await connect<typeof methods>(server.addresses[0]!, { ca, login });
      const hanging = assertRejects(() => client.call("hang"), DariError);
      const [session] = await other.sessions.list("alice");
      await one.sessions.revoke(session!.id);
      await hanging;
    } finally {
      await server.close(0);
    }
    const kinds = (opened: typeof near) =>
      opened.tables.query((sql) => readRecords(sql, 1).map(({ text }) => JSON.parse(text).kind));
    assertEquals(await kinds(near), ["audit.began", "account.added", "session.ended"]);
    assertEquals((await kinds(far)).slice(0, 2), ["audit.began", "session.began"]);
  });

  await t.step("refuse a log that ends before what a server had read", async () => {
    await using here = await member(nats, "cut");
    {
      await using kept = await openDataStore(here.path);
      await kept.store.put("a", "1");
    }
    await writeClusterFile(here.path, { address: `nats://${nats.at}/empty` });
    const error = await assertRejects(() => openDataStore(here.path), DariError, "has lost");
    assertEquals(error.code, "data");
  });

  await t.step("do not leave the accounts of a directory behind", async () => {
    await using here = await member(nats, "moved");
    {
      await using own = await openAuditedStore(here.path);
      await own.put("account/a", "{}");
    }
    const error = await assertRejects(() => openDataStore(here.path), DariError, "store migrate");
    assertEquals(error.code, "failed_precondition");
  });

  await t.step("say where a cluster's address is missing or damaged", async () => {
    await using here = await member(nats, "place");
    const path = `${here.path}/${limits.clusterFile}`;
    await Deno.writeTextFile(path, "{}");
    assertEquals((await assertRejects(() => openDataStore(here.path), DariError)).code, "data");
    await Deno.remove(path);
    const missing = await assertRejects(() => openDataStore(here.path), DariError, "--cluster");
    assertEquals(missing.code, "configuration");
  });

  await t.step("do not begin an empty cluster after they have joined another one", async () => {
    await using here = await member(nats, "nobody");
    await Deno.writeTextFile(`${here.path}/ca.crt`, "");
    const error = await assertRejects(() => openDataStore(here.path), DariError, "is empty");
    assertEquals(error.code, "configuration");
    // Whoever has the authority's key may begin one.
    await Deno.writeTextFile(`${here.path}/ca.key`, "");
    await using _kept = await openDataStore(here.path);
  });

  await t.step("remember where they meet once they were there", async () => {
    await using here = await member(nats, "place");
    const remembered = await readClusterFile(here.path);
    const away = { address: "nats://localhost:1/place" };
    const error = await assertRejects(() => openDataStore(here.path, { cluster: away }), DariError);
    assertEquals(error.code, "unavailable");
    const other = { address: `nats://${nats.at}/plaice` };
    await assertRejects(() => openDataStore(here.path, { cluster: other }), DariError, "belongs");
    assertEquals(await readClusterFile(here.path), remembered);
    await Deno.writeTextFile(`${here.path}/${limits.clusterFile}`, "{}");
    const there = { address: `nats://${nats.at}/place?client-ca=x` };
    await using _kept = await openDataStore(here.path, { cluster: there });
    assertEquals((await readClusterFile(here.path))?.at, remembered?.at);
  });

  await t.step("keep what they have to themselves without a record key", async () => {
    await using here = await tempDirectory();
    await using kept = await openDataStore(here.path);
    assert(kept.store === kept.tables && kept.shared === undefined);
  });
});
