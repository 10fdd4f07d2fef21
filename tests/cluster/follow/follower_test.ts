import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { ClusterStore } from "../../../lib/cluster/store/cluster_store.ts";
import { encodeBody } from "../../../lib/cluster/log/body.ts";
import { MessageSeal } from "../../../lib/cluster/log/seal.ts";
import { putting } from "../../support/log_writer.ts";
import { sharedKey } from "../../support/shared_store.ts";
import { settled, StoreWorld } from "../../support/store_world.ts";

/** Has a snapshot made, and waits until what it makes obsolete is gone. */
async function compact(store: ClusterStore, world: StoreWorld): Promise<void> {
  const marks = () => world.hub.kept.filter(({ place }) => place === "mark").length;
  const before = marks();
  store.compact();
  for (let turn = 0; turn < 100 && marks() === before; turn++) await settled();
  await settled();
}

Deno.test("a write is not confirmed by a state in which messages are missing", async () => {
  await using world = new StoreWorld();
  const log = world.hub.open({ maxMessageBytes: 4_096 });
  const [store, behind] = [await world.open(), await world.open({ log })];
  const version = await store.put("a", "1");
  await settled();
  log.isDelivering = false;
  await store.put("a", "2", { ifVersion: version }); // what the other one will miss
  let lost = 0;
  world.hub.fate = (place) => place === "mark" && lost++ === 0 ? "lose" : "keep";
  store.compact();
  await settled();
  // In the log it is behind the moment of the snapshot, and before the word that that is whole.
  const writing = assertRejects(() => behind.put("a", "3", { ifVersion: version }), DariError);
  await world.pass(limits.storeBeatMs + limits.storeTickMs); // the mark goes again
  await compact(store, world); // messages up to the first snapshot are gone
  log.isDelivering = true;
  world.hub.wake();
  await world.pass(2 * limits.storeBeatMs);
  const error = await writing;
  assertEquals([error.code, error.retryable], ["unavailable", false]);
  assertEquals((await behind.get("a"))?.value, "2");
});

Deno.test("a server that starts does so without a hole, whatever is removed meanwhile", async () => {
  await using world = new StoreWorld();
  const log = world.hub.open({ maxMessageBytes: 4_096 });
  const store = await world.open();
  await store.put("a", "1");
  let lost = 0;
  world.hub.fate = (place) => place === "mark" && lost++ === 0 ? "lose" : "keep";
  store.compact();
  await settled();
  log.isDelivering = false;
  // There is no whole snapshot yet.
  const found = world.open({ log }).then(async (opened) => (await opened.get("a"))?.value);
  await world.pass(limits.storeBeatMs + limits.storeTickMs); // the mark goes again
  await compact(store, world); // messages up to the first snapshot are gone
  log.isDelivering = true;
  world.hub.wake();
  await world.pass(2 * limits.storeBeatMs);
  assertEquals(await found, "1");
});

Deno.test("a server that took what no majority has reads all anew behind the next silence", async () => {
  await using world = new StoreWorld();
  const [store, other] = [await world.open(), await world.open()];
  await store.put("kept", "1");
  await store.put("lost", "1");
  await settled();
  assertEquals((await other.get("lost"))?.value, "1");
  world.hub.isDelivering = false;
  world.hub.replaceLast(new Uint8Array(40)); // another leader was elected, which has not that
  await world.pass(limits.storeFollowAgainMs);
  world.hub.isDelivering = true;
  world.hub.wake();
  await world.pass(2 * limits.storeBeatMs);
  for (const each of [store, other]) {
    assertEquals((await each.get("lost"))?.value, undefined);
    assertEquals((await each.get("kept"))?.value, "1");
  }
});

Deno.test("what was decided by a message that the log has no more is not written once that shows", async () => {
  await using world = new StoreWorld();
  const [store, misled] = [await world.open(), await world.open()];
  const version = await store.put("a", "forgotten");
  await settled();
  // Another leader was elected, whose message of that number writes the same key.
  world.hub.isDelivering = false;
  const seal = new MessageSeal({ key: sharedKey, service: "dari" });
  const batch = { atMs: world.clock.now(), by: "", operations: [putting("a", "kept")] };
  world.hub.replaceLast(await seal.seal("batch", encodeBody(batch), 0).sealed);
  world.hub.fate = () => "lose";
  const writing = assertRejects(() => misled.put("a", "b", { ifVersion: version }), DariError);
  await settled();
  world.hub.fate = () => "keep";
  await world.pass(limits.storeFollowAgainMs);
  world.hub.isDelivering = true;
  world.hub.wake();
  await world.pass(2 * limits.storeBeatMs);
  const error = await writing;
  assertEquals([error.code, error.retryable], ["unavailable", true]);
  assertEquals((await misled.get("a"))?.value, "kept");
});

Deno.test("a server goes on behind a silence once the log can be asked what it has", async () => {
  await using world = new StoreWorld();
  const log = world.hub.open({ maxMessageBytes: 4_096 });
  const [store, behind] = [await world.open(), await world.open({ log })];
  const asked: number[] = [];
  let isAnswered = false;
  log.has = ({ sequence }) => {
    asked.push(sequence);
    if (isAnswered) return Promise.resolve(true);
    return Promise.reject(new DariError("unavailable", "nobody leads"));
  };
  log.isDelivering = false;
  await world.pass(limits.storeFollowAgainMs);
  await store.put("a", "1");
  log.isDelivering = true;
  world.hub.wake();
  await settled();
  assertEquals((await behind.get("a"))?.value, undefined);
  isAnswered = true;
  await world.pass(2 * limits.storeFollowAgainMs);
  assertEquals((await behind.get("a"))?.value, "1");
  assert(asked.length >= 2 && asked[0] === asked[1], `${asked}`);
});

Deno.test("a message under the number of a forgotten piece that was passed over is read behind the silence", async () => {
  await using world = new StoreWorld();
  const log = world.hub.open({ maxMessageBytes: 4_096 });
  const follow = log.follow.bind(log);
  let passedOver = 0;
  log.follow = (after, listener) =>
    follow(after, (message) => {
      if (message.sequence !== passedOver) return listener(message);
      passedOver = 0; // by this consumer, and by no later one
    });
  const [store, other] = [await world.open({ log }), await world.open()];
  await settled();
  world.hub.isDelivering = false;
  passedOver = world.hub.sequence + 1;
  const writing = [other.put("a", "1"), other.put("b", "1")];
  await world.pass(limits.storeFollowAgainMs);
  world.hub.isDelivering = true;
  world.hub.wake();
  await settled();
  assertEquals((await store.get("b"))?.value, undefined, "the one before it is missing");
  await world.pass(2 * limits.storeFollowAgainMs);
  await Promise.all(writing);
  assertEquals([(await store.get("a"))?.value, (await store.get("b"))?.value], ["1", "1"]);
});

Deno.test("the log is not followed anew as long as something comes, and ever more rarely while nothing does", async () => {
  await using world = new StoreWorld();
  const log = world.hub.open({ maxMessageBytes: 4_096 });
  const follow = log.follow.bind(log);
  let followed = 0;
  log.follow = (...args) => (followed++, follow(...args));
  const [behind, other] = [await world.open({ log }), await world.open()];
  log.append = () => Promise.resolve(); // lost
  const passed = async (seconds: number, isWriting: boolean) => {
    const before = followed;
    for (let n = 0; n < seconds; n++) {
      if (isWriting) await other.put(`key/${n}`, "1");
      await world.pass(1_000);
    }
    return followed - before;
  };
  assertEquals(await passed(20, true), 0);
  assertEquals(behind.figures.entries, 20);
  await other.close();
  assertEquals(await passed(17, false), 4); // after 2, 4, 5 and 5 s
});
