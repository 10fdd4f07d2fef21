import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { AuditStream } from "../../../lib/cluster/audit/audit_stream.ts";
import { openServerStore } from "../../../lib/cli/serving/server_store.ts";
import { saveRecordKey } from "../../../lib/cluster/record_key.ts";
import { writeClusterFile } from "../../../lib/endpoint/store/cluster_file.ts";
import { dari } from "../../support/dari_command.ts";
import { hasNats, startNats } from "../../support/nats_server.ts";
import { openOn, sharedKey } from "../../support/shared_store.ts";
import { tempDirectory } from "../../support/temp.ts";

// One NATS server for all sentences, each with a service of its own.
Deno.test({ name: "dari audit --cluster", ignore: !hasNats }, async (t) => {
  await using nats = await startNats({ jetStream: true });
  const member = async (service: string) => {
    const directory = await tempDirectory();
    await saveRecordKey(directory.path, sharedKey);
    await writeClusterFile(directory.path, { address: `nats://${nats.at}/${service}` });
    return directory;
  };
  /** What a server does between its start and its end. */
  const serveOnce = async (data: string, account: string) => {
    await using kept = await openServerStore(data, { bringsAudit: true });
    await kept.audit.record({ kind: "account.added", by: "server", about: account });
  };

  await t.step("shows and verifies what all servers have brought", async () => {
    await using here = await member("orders");
    await using there = await member("orders");
    await serveOnce(here.path, "alice");
    await serveOnce(there.path, "bob");
    await serveOnce(here.path, "carol");
    const run = (...words: string[]) =>
      dari(["audit", ...words, "--cluster", "--data", there.path]);
    const abouts = ({ out }: { out: string }) =>
      out.split("\n").filter((line) => line !== "")
        .map((line) => JSON.parse(line).record.about);
    const query = ["query", "--kind", "account.*", "--json"];
    assertEquals(abouts(await run(...query)), ["alice", "bob", "carol"]);
    assertEquals(abouts(await run(...query, "--since", "1h", "--limit", "1")), ["carol"]);
    const tail = await run("tail", "--lines", "3");
    assertEquals(tail.out.split("\n").length, 3);
    const verified = await run("verify");
    assertEquals([verified.code, verified.err], [0, ""]);
    assertStringIncludes(verified.out, "the audits of 2 servers are whole");
    const { servers } = JSON.parse((await run("verify", "--json")).out);
    assertEquals(servers.map((each: { size: number }) => each.size).toSorted(), [2, 3]);
  });

  await t.step(
    "names a server whose audit is gone, or is another one than it had brought",
    async () => {
      await using here = await member("faults");
      await using there = await member("faults");
      await serveOnce(here.path, "alice");
      await serveOnce(there.path, "bob");
      {
        using database = new DatabaseSync(`${here.path}/dari.db`);
        database.exec(`DROP TRIGGER audit_records_stay_as_they_are;
        UPDATE audit_records SET text = replace(text, 'alice', 'mallory')`);
      }
      const here1 = await dari(["audit", "verify", "--cluster", "--data", here.path]);
      assertEquals(here1.code, 65);
      assertStringIncludes(here1.out, "is not the one that its server had brought");
      await using shared = await openOn(nats, { service: "faults" });
      using stream = new AuditStream({ bus: shared.bus, service: "faults", key: sharedKey });
      const { servers } = JSON.parse(
        (await dari(["audit", "verify", "--cluster", "--json", "--data", there.path])).out,
      );
      for (const { log } of servers) await stream.remove(log, Number.MAX_SAFE_INTEGER);
      const gone = await dari(["audit", "verify", "--cluster", "--data", there.path]);
      assertEquals(gone.code, 65);
      assert(gone.out.split("\n").filter((line) => line.includes("is missing:")).length === 2);
    },
  );

  await t.step("says where there is no cluster, and where nothing was brought", async () => {
    await using alone = await tempDirectory();
    const none = await dari(["audit", "verify", "--cluster", "--data", alone.path]);
    assertEquals(none.code, 78);
    assertStringIncludes(none.err, "belongs to no cluster");
    await using empty = await member("empty");
    const nothing = await dari(["audit", "tail", "--cluster", "--data", empty.path]);
    assertStringIncludes(nothing.err, "no server has brought its audit");
    const both = await dari(["audit", "verify", "--cluster", "--proof", "x", "--data", alone.path]);
    assertEquals(both.code, 64);
  });
});
