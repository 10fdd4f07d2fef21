import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { MessageSeal } from "../../../lib/cluster/log/seal.ts";
import { sharedKey } from "../../support/shared_store.ts";
import { settled } from "../../support/store_world.ts";
import { MessageWorld, type WorldServer } from "../../support/message_world.ts";

/** Adds names of which one is longer than a piece, and a batch of them than a message. */
async function fill(server: WorldServer, name: string): Promise<void> {
  await Promise.all(
    Array.from({ length: 10 }, (_, n) => server.add(`${name}${n}${"다".repeat(n)}`)),
  );
  await server.add(`${name} long ${"x".repeat(10_000)}`);
}

Deno.test("what one server writes every server has, and only who asked hears what became of it", async () => {
  await using world = await MessageWorld.open();
  const [one, other] = [await world.server(), await world.server()];
  await one.add("a");
  await other.add("b");
  await assertRejects(() => other.add("a"), DariError, "alice: a");
  await settled();
  assertEquals(await one.names(), await other.names());
  assertEquals((await one.names()).length, 2);
});

Deno.test("what arrives while batches are under way shares the next one, in its order", async () => {
  await using world = await MessageWorld.open();
  const server = await world.server();
  const { applied: before } = server.messages.figures;
  const values = await Promise.all(Array.from({ length: 50 }, (_, n) => server.add(String(n))));
  const { applied: { batches, operations } } = server.messages.figures;
  assertEquals(operations - before.operations, 50);
  assert(batches - before.batches <= 2, `${batches} batches`);
  assertEquals(values, values.toSorted((a, b) => Number(a) - Number(b)));
});

Deno.test("operations that are asked for together stay together", async () => {
  await using world = await MessageWorld.open();
  const { messages } = await world.server();
  const operations = Array.from({ length: limits.maxQueueGroup + 10 }, (_, n) => ({
    ...{ name: "add", by: "alice" },
    args: { text: String(n) },
  }));
  const outcomes = await messages.propose(operations);
  assertEquals(new Set(outcomes.map((one) => "value" in one && one.value)).size, 1);
});

Deno.test("a server that starts again goes on from its file, also within a batch of several parts", async () => {
  await using world = await MessageWorld.open();
  const [one, other] = [await world.server(), await world.server()];
  await fill(one, "a");
  await other.close();
  let parts = 0;
  world.hub.fate = () => parts++ < 2 ? "keep" : "lose";
  const adding = one.add("y".repeat(20_000)).catch(() => {});
  await settled();
  world.hub.fate = () => "keep";
  const half = await world.server({ path: other.path });
  await half.close();
  const again = await world.server({ path: other.path });
  assertEquals(await again.names(), await one.names());
  const later = one.add("later");
  await world.pass(2 * limits.storeBeatMs); // the next sign of life shows that parts were lost
  await adding; // it went again, whole
  await later;
  await settled();
  assertEquals(await again.names(), await one.names());
  assertEquals((await again.names()).length, 13);
});

Deno.test("a server that is killed applies nothing twice", async () => {
  await using world = await MessageWorld.open();
  const server = await world.server();
  await fill(server, "a");
  const copy = `${server.path}.copy`;
  for (const suffix of ["", "-wal"]) await Deno.copyFile(server.path + suffix, copy + suffix);
  await Deno.chmod(copy, 0o600);
  const again = await world.server({ path: copy });
  assertEquals(await again.names(), await server.names());
});

Deno.test("a new server starts with a snapshot and what was written since", async () => {
  await using world = await MessageWorld.open();
  const server = await world.server();
  await fill(server, "a");
  await world.compact(server);
  await fill(server, "b");
  await world.compact(server);
  await server.add("c");
  assert(world.hub.kept[0]!.sequence > 1, "nothing was removed");
  const other = await world.server();
  assertEquals(await other.names(), await server.names());
  await other.add("d");
  await settled();
  assertEquals(await other.names(), await server.names());
});

Deno.test("a server that ends between any two steps of a snapshot leaves everything readable", async () => {
  // More steps than there are: announcement, pieces, mark, removal.
  for (let steps = 0; steps < 12; steps++) {
    await using world = await MessageWorld.open();
    const server = await world.server();
    await fill(server, "a");
    await world.compact(server);
    await fill(server, "b");
    const expected = await server.names();
    let done = 0;
    world.hub.fate = () => done++ < steps ? "keep" : "lose";
    server.messages.compact();
    await settled();
    await settled();
    await server.close();
    world.hub.fate = () => "keep";
    const other = await world.server();
    assertEquals(await other.names(), expected, `after ${steps} steps`);
    await world.pass(limits.storeSnapshotTimeoutMs + limits.storeTickMs); // another one may now
    await world.compact(other);
    assertEquals(await (await world.server()).names(), expected, `after ${steps} steps, once more`);
  }
});

Deno.test("a server whose messages were removed before it read them begins with a snapshot", async () => {
  await using world = await MessageWorld.open();
  const log = world.hub.open({ maxMessageBytes: 4_096 });
  const [server, behind] = [await world.server(), await world.server({ log })];
  const away = await world.server();
  await away.add("first");
  await away.close();
  log.isDelivering = false;
  for (const name of ["a", "b"]) {
    await fill(server, name);
    await world.compact(server);
  }
  log.isDelivering = true;
  world.hub.wake();
  await world.catchesUp(behind, server);
  const back = await world.server({ path: away.path });
  assertEquals(await back.names(), await server.names());
});

Deno.test("a server whose tables differ at a snapshot begins with it", async () => {
  await using world = await MessageWorld.open();
  const [server, odd] = [await world.server(), await world.server()];
  await server.add("a");
  await settled();
  await odd.messages.store.transact((sql) => sql.run("UPDATE counters SET value = value + 1"));
  await odd.messages.store.transact((sql) => sql.run("DELETE FROM topic_names"));
  await world.compact(server);
  await world.catchesUp(odd, server);
});

for (const hasSnapshot of [true, false]) {
  const from = hasSnapshot ? "a snapshot" : "the beginning of the log";
  Deno.test(`a server that applied what no majority has begins anew with ${from}`, async () => {
    await using world = await MessageWorld.open();
    const [one, other] = [await world.server(), await world.server()];
    await one.add("kept");
    if (hasSnapshot) await world.compact(one);
    await one.add("lost");
    await settled();
    assertEquals((await other.names()).length, 2);
    world.hub.isDelivering = false;
    world.hub.replaceLast(new Uint8Array(40)); // another leader was elected, which has not that
    await world.pass(limits.storeFollowAgainMs);
    world.hub.isDelivering = true;
    world.hub.wake();
    await one.add("later").catch(() => {}); // it is read anew meanwhile
    await world.catchesUp(other, one);
    const names = JSON.stringify(await other.names());
    assertEquals([names.includes("kept"), names.includes("lost")], [true, false]);
    assertEquals(other.messages.figures.stalenessMs < limits.maxStoreStalenessMs, true);
  });
}

Deno.test("a stream that ends before what a server had read is refused", async () => {
  await using world = await MessageWorld.open();
  const server = await world.server();
  await fill(server, "a");
  await server.close();
  world.hub.kept = [];
  world.hub.sequence = 1;
  const error = await assertRejects(() => world.server({ path: server.path }), DariError, "lost");
  assertEquals(error.code, "data");
});

Deno.test("a server that is cut off refuses everything past the bound, and then serves again", async () => {
  await using world = await MessageWorld.open();
  const server = await world.server();
  await server.add("a");
  world.hub.isDelivering = false;
  const lost = assertRejects(() => server.add("b"), DariError, "did not say whether");
  await world.pass(limits.maxStoreStalenessMs + limits.storeTickMs);
  for (const ask of [() => server.names(), () => server.add("c")]) {
    const error = await assertRejects(ask, DariError, "cannot be reached");
    assertEquals([error.code, error.retryable], ["unavailable", true]);
  }
  await world.pass(limits.storeWriteTimeoutMs);
  await lost;
  world.hub.isDelivering = true;
  world.hub.wake();
  await world.pass(2 * limits.storeFollowAgainMs);
  assertEquals((await server.names()).length, 2); // it was only not known
});

Deno.test("a batch that cannot be applied is tried again until it can", async () => {
  await using world = await MessageWorld.open();
  const server = await world.server();
  await server.add("a");
  server.machine.before = () => {
    throw new DariError("io", "the disk is full");
  };
  const adding = server.add("b");
  await settled();
  await world.pass(3 * limits.storeFollowAgainMs);
  const told = "The cluster's queues cannot be followed: the disk is full";
  assertEquals(server.told, [told]);
  await assertRejects(() => server.names(), DariError, "cannot be reached");
  server.machine.before = () => {};
  await world.pass(2 * limits.storeFollowAgainMs);
  await adding;
  assertEquals((await server.names()).length, 2);
});

Deno.test("a batch of a newer dari ends the messages of this server, and nothing is guessed", async () => {
  await using world = await MessageWorld.open();
  const lost: string[] = [];
  const server = await world.server({ onLost: ({ message }) => lost.push(message) });
  await server.add("a");
  const seal = new MessageSeal({ key: sharedKey, service: "dari", kind: "messages" });
  const newer = new TextEncoder().encode('{"rules":99}');
  world.hub.put("live", await seal.seal("batch", newer, world.hub.sequence).sealed);
  await settled();
  assertEquals(lost, ["A newer dari writes in this cluster; upgrade this one"]);
  const error = await assertRejects(() => server.names(), DariError);
  assertEquals(error.code, "configuration");
});

Deno.test("where nothing is written, a server writes the time from time to time", async () => {
  await using world = await MessageWorld.open();
  const server = await world.server({ random: () => 0 });
  await server.add("a");
  const { applied: { batches } } = server.messages.figures;
  await world.pass(limits.messageTimeMs - limits.storeBeatMs);
  assertEquals(server.messages.figures.applied.batches, batches);
  await world.pass(2 * limits.storeBeatMs);
  assertEquals(server.messages.figures.applied.batches, batches + 1);
});
