import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import type { ClusterStore } from "../../../lib/cluster/store/cluster_store.ts";
import { settled, StoreWorld } from "../../support/store_world.ts";

const valuesOf = async (store: ClusterStore) =>
  (await store.list("")).map(({ key, value, version }) => [key, value, version]);

/** Writes entries of which one is longer than a piece, and some have ended. */
async function fill(store: ClusterStore, world: StoreWorld, name: string): Promise<void> {
  for (let n = 0; n < 10; n++) await store.put(`${name}/${n}`, "다".repeat(100 * n));
  await store.put(`${name}/long`, "x".repeat(10_000), {
    expiresAtMs: world.clock.now() + 1_000_000,
  });
  await store.delete(`${name}/3`);
}

/** Has a snapshot made, and waits until it is whole and what it makes obsolete is gone. */
async function compact(store: ClusterStore, world: StoreWorld): Promise<void> {
  const newest = () => world.hub.kept.findLast(({ place }) => place === "mark")?.sequence;
  const before = newest();
  store.compact();
  for (let turn = 0; newest() === before; turn++) {
    assert(turn < 100, "no snapshot was made");
    await settled();
  }
  await settled();
}

Deno.test("a new server starts with a snapshot and what was written since", async () => {
  await using world = new StoreWorld();
  const store = await world.open();
  await fill(store, world, "a");
  await compact(store, world);
  await fill(store, world, "b");
  const other = await world.open();
  assertEquals(await valuesOf(other), await valuesOf(store));
  const heard = Promise.withResolvers<number>();
  using _watch = other.watch("a/1", (change) => {
    if (change.kind === "put") heard.resolve(change.entry.version);
  });
  assertEquals(await store.put("a/1", "new"), await heard.promise);
});

Deno.test("what the snapshot before the last one did without is removed, and no more", async () => {
  await using world = new StoreWorld();
  const store = await world.open();
  const first = world.hub.sequence;
  for (const name of ["a", "b", "c"]) {
    await fill(store, world, name);
    await compact(store, world);
  }
  const cuts = new Set(
    world.hub.kept.flatMap(({ place }) => typeof place === "object" ? [place.snapshot] : []),
  );
  assertEquals(cuts.size, 2);
  assert(world.hub.kept.every(({ sequence }) => sequence > first));
  assertEquals(await valuesOf(await world.open()), await valuesOf(store));
});

Deno.test("a server that ends between any two steps of a snapshot leaves everything readable", async () => {
  // More steps than there are: announcement, pieces, mark, removal.
  for (let steps = 0; steps < 12; steps++) {
    await using world = new StoreWorld();
    const store = await world.open();
    await fill(store, world, "a");
    await compact(store, world);
    await fill(store, world, "b");
    const expected = await valuesOf(store);
    let done = 0;
    world.hub.fate = () => done++ < steps ? "keep" : "lose";
    store.compact();
    await settled();
    await settled();
    await store.close();
    world.hub.fate = () => "keep";
    const other = await world.open();
    assertEquals(await valuesOf(other), expected, `after ${steps} steps`);
    await world.pass(limits.storeSnapshotTimeoutMs + limits.storeTickMs); // another one may now
    await compact(other, world);
    assertEquals(await valuesOf(await world.open()), expected, `after ${steps} steps, once more`);
  }
});

Deno.test("a piece that a stranger changed or put in is not taken", async () => {
  await using world = new StoreWorld();
  const store = await world.open();
  await fill(store, world, "a");
  await compact(store, world);
  await fill(store, world, "b");
  await compact(store, world);
  const snapshot = world.hub.kept.findLast(({ place }) => typeof place === "object")!.place;
  const pieces = world.hub.kept.filter(({ place }) => typeof place === "object");
  for (const { data } of pieces) {
    world.hub.put(snapshot, data);
    world.hub.put(snapshot, data.with(60, data[60]! ^ 1));
  }
  world.hub.put("mark", new Uint8Array(80));
  assertEquals(await valuesOf(await world.open()), await valuesOf(store));
});

Deno.test("a server that missed messages reads everything anew", async () => {
  await using world = new StoreWorld();
  const log = world.hub.open({ maxMessageBytes: 4_096 });
  const [store, behind] = [await world.open(), await world.open({ log })];
  const reset = Promise.withResolvers<void>();
  using _watch = behind.watch("", ({ kind }) => kind === "reset" && reset.resolve());
  log.isDelivering = false;
  for (const name of ["a", "b"]) {
    await fill(store, world, name);
    await compact(store, world); // the second one removes what this server was not given
  }
  log.isDelivering = true;
  world.hub.wake();
  await reset.promise;
  await world.pass(2 * limits.storeBeatMs);
  assertEquals(await valuesOf(behind), await valuesOf(store));
});

Deno.test("a snapshot is announced once the log has grown by enough messages or bytes", async () => {
  await using world = new StoreWorld();
  const announced = () => world.hub.kept.some(({ place }) => place === "mark");
  const store = await world.open({ random: () => 0 }, limits.maxStoreBatchBytes);
  const [half, extra] = [limits.storeSnapshotBytes / 2, 100];
  await store.put("a", "x".repeat(half - extra));
  await world.pass(limits.storeTickMs);
  assertEquals(announced(), false);
  await store.put("a", "x".repeat(half));
  await world.pass(limits.storeTickMs);
  for (let turn = 0; !announced(); turn++) {
    assert(turn < 1_000, "no snapshot was made");
    await settled();
  }
});
