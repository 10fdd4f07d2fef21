import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { saveRecordKey } from "../../../lib/cluster/record_key.ts";
import { writeClusterFile } from "../../../lib/endpoint/store/cluster_file.ts";
import {
  moveMessagesToCluster,
  moveMessagesToFile,
  removeReplicas,
} from "../../../lib/endpoint/store/move_messages.ts";
import { messagesFileOf, openSharedMessages } from "../../../lib/endpoint/store/shared_messages.ts";
import { EmbeddedQueues, EmbeddedTopics } from "../../../lib/messages/mod.ts";
import { openSqliteStore } from "../../../lib/store/mod.ts";
import { hasNats, type NatsServer, startNats } from "../../support/nats_server.ts";
import { sharedKey } from "../../support/shared_store.ts";
import { tempDirectory } from "../../support/temp.ts";

const open = (directory: string) => openSqliteStore(`${directory}/${limits.storeFile}`);

/** A data directory that belongs to a cluster. */
async function member({ at }: NatsServer, service: string) {
  const directory = await tempDirectory();
  await saveRecordKey(directory.path, sharedKey);
  await writeClusterFile(directory.path, { address: `nats://${at}/${service}` });
  return directory;
}

/** Queues and topics with what a directory may have by the time it moves. */
async function fill(directory: string): Promise<string> {
  await using store = await open(directory);
  await store.put("account/alice", "{}"); // moves by itself
  await using queues = new EmbeddedQueues(store);
  await using topics = new EmbeddedTopics(queues);
  const queue = queues.queue<string>("emails");
  await queue.putMany([{ value: "leased" }, { value: "waits", id: "once" }, {
    value: "later",
    delayMs: 3_600_000,
  }]);
  await topics.topic("orders.42").publish({ total: 30 });
  return (await queue.take({ leaseMs: 3_600_000 }))!.lease;
}

// One NATS server for all of them, each with a service of its own.
Deno.test({ name: "moving queues and topics", ignore: !hasNats }, async (t) => {
  await using nats = await startNats({ jetStream: true });

  await t.step("into a cluster and back keeps them, with leases and numbers", async () => {
    await using directory = await member(nats, "orders");
    const { path } = directory;
    const lease = await fill(path);
    {
      await using own = await open(path);
      const error = await assertRejects(() => openSharedMessages(path, own), DariError, "migrate");
      assertEquals(error.code, "failed_precondition");
    }
    const moved = await moveMessagesToCluster(path);
    assertEquals([moved.to, moved.from.messages], [moved.from, 4]);
    assertEquals(await moveMessagesToCluster(path), moved); // nothing is left to move
    {
      await using own = await open(path);
      assertEquals(await own.query((sql) => sql.all("SELECT * FROM queues")), []);
      await using following = (await openSharedMessages(path, own))!;
      await using queues = new EmbeddedQueues(following.store);
      await following.start();
      await queues.as("server").ack("emails", lease);
      const { number } = await queues.queue("emails").put("new");
      assertEquals(number, 4);
      const again = await queues.queue<string>("emails").put("waits", { id: "once" });
      assertEquals(again, { number: 2, isDuplicate: true });
    }
    const back = await moveMessagesToFile(path);
    assertEquals([back.to, back.from.messages], [back.from, 4]);
    assertEquals(await moveMessagesToFile(path), back); // as after a migration that was cut
    await removeReplicas(path);
    await assertRejects(() => Deno.stat(messagesFileOf(path, 0)), Deno.errors.NotFound);
    await using own = await open(path);
    assertEquals((await own.get("account/alice"))?.value, "{}");
    await using queues = new EmbeddedQueues(own);
    assertEquals((await queues.queue("emails").take())?.value, "waits");
  });

  await t.step("refuses a cluster, and a directory, that has others", async () => {
    await using one = await member(nats, "full");
    await using other = await member(nats, "full");
    await fill(one.path);
    await moveMessagesToCluster(one.path);
    await fill(other.path);
    for (const move of [moveMessagesToCluster, moveMessagesToFile]) {
      const error = await assertRejects(() => move(other.path), DariError, "which are others");
      assertEquals(error.code, "failed_precondition");
    }
  });
});

Deno.test("messagesFile is that of the main thread, and each other one has its own", async () => {
  assertEquals(messagesFileOf("d", 0), `d/${limits.messagesFile}`);
  assertEquals(messagesFileOf("d", 2), "d/cluster-messages-2.db");
  await using directory = await tempDirectory();
  const { path } = directory;
  const error = await assertRejects(() => moveMessagesToFile(path), DariError, "no cluster");
  assertEquals(error.code, "failed_precondition");
  for (const name of ["cluster-messages.db", "cluster-messages-12.db-wal", "cluster.key"]) {
    await Deno.writeTextFile(`${path}/${name}`, "");
  }
  await removeReplicas(path);
  assertEquals([...Deno.readDirSync(path)].map(({ name }) => name), ["cluster.key"]);
});
