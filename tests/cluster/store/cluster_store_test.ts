import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { ClusterStore } from "../../../lib/cluster/store/cluster_store.ts";
import type { LogPlace } from "../../../lib/cluster/log/log.ts";
import { MessageSeal } from "../../../lib/cluster/log/seal.ts";
import { sharedKey } from "../../support/shared_store.ts";
import { settled, StoreWorld } from "../../support/store_world.ts";

const isLog = (place: LogPlace) => place === "live";
const keysOf = async (store: ClusterStore) => (await store.list("")).map(({ key }) => key);

Deno.test("what one server writes another one reads, and its watchers hear it", async () => {
  await using world = new StoreWorld();
  const [one, other] = [await world.open(), await world.open()];
  const heard = Promise.withResolvers<string>();
  using _watch = other.watch("a", (change) => {
    if (change.kind === "put") heard.resolve(change.entry.value);
  });
  const version = await one.put("a", "1");
  assertEquals(await heard.promise, "1");
  assertEquals(await other.get("a"), { key: "a", value: "1", version });
  assertEquals(one.figures.batches, { written: 1, conflict: 0 });
});

Deno.test("a batch that is longer than a message goes in parts", async () => {
  await using world = new StoreWorld();
  const [one, other] = [await world.open(), await world.open()];
  const value = "다".repeat(20_000);
  await one.put("long", value);
  await settled();
  assertEquals((await other.get("long"))?.value, value);
  const most = "x".repeat(limits.maxStoreBatchBytes);
  const refused = await assertRejects(() => one.put("longer", most), DariError, "too long");
  assertEquals(refused.code, "resource_exhausted");
});

Deno.test("a write that was lost goes again once a later message came back", async () => {
  await using world = new StoreWorld();
  const store = await world.open();
  let lost = 0;
  world.hub.fate = (place) => isLog(place) && lost++ === 0 ? "lose" : "keep";
  const writing = store.put("a", "1", { ifVersion: 0 });
  await world.pass(limits.storeBeatMs + limits.storeTickMs);
  await writing;
  assertEquals(store.figures.batches, { written: 1, conflict: 0 });
});

Deno.test("a write that the log refuses goes again, and is given up as not written", async () => {
  await using world = new StoreWorld();
  const store = await world.open();
  let refused = 0;
  world.hub.fate = () => refused++ < 2 ? "refuse" : "keep";
  const writing = store.put("a", "1", { ifVersion: 0 });
  await world.pass(3 * limits.storeTickMs);
  await writing;
  world.hub.fate = () => "refuse";
  const failing = assertRejects(() => store.put("b", "1"), DariError, "nobody leads");
  await world.pass(limits.storeWriteTimeoutMs + limits.storeTickMs);
  const error = await failing;
  assertEquals([error.code, error.retryable], ["unavailable", true]);
});

Deno.test("a write that does not come back says that its outcome is not known", async () => {
  await using world = new StoreWorld();
  const store = await world.open();
  world.hub.isDelivering = false;
  const failing = assertRejects(() => store.put("a", "1"), DariError, "did not say");
  await settled();
  await world.pass(limits.storeWriteTimeoutMs);
  const error = await failing;
  assertEquals([error.code, error.retryable], ["unavailable", false]);
  world.hub.isDelivering = true;
  world.hub.wake();
  await world.pass(2 * limits.storeBeatMs);
  assertEquals(await keysOf(store), ["a"]); // it was written after all
});

Deno.test("a server that is cut off refuses everything past the bound, and then serves again", async () => {
  await using world = new StoreWorld();
  const told: boolean[] = [];
  const [store, other] = [
    await world.open({ onFresh: (isFresh) => told.push(isFresh) }),
    await world.open(),
  ];
  await store.put("session/a", "1");
  const heard: string[] = [];
  using _watch = store.watch("session/", ({ kind }) => heard.push(kind));
  world.hub.isDelivering = false;
  await world.pass(limits.maxStoreStalenessMs - 2 * limits.storeBeatMs);
  assert(store.figures.stalenessMs <= limits.maxStoreStalenessMs);
  assertEquals(await keysOf(store), ["session/a"]);
  assertEquals(heard, []);
  await world.pass(3 * limits.storeBeatMs);
  assertEquals([heard, told], [["reset"], [false]]);
  for (const refused of [() => store.get("a"), () => store.list(""), () => store.put("a", "1")]) {
    assertEquals((await assertRejects(refused, DariError)).code, "unavailable");
  }
  world.hub.isDelivering = true;
  world.hub.wake();
  await world.pass(2 * limits.storeBeatMs);
  assertEquals(await store.delete("session/a"), true);
  await settled();
  assertEquals(await other.get("session/a"), null);
  assertEquals(told, [false, true]);
});

Deno.test("what was decided by what a server knows ends within the bound", async () => {
  await using world = new StoreWorld();
  const store = await world.open();
  const heard: number[] = [];
  using _watch = store.watch("", () => void heard.push(store.figures.stalenessMs));
  world.hub.isDelivering = false;
  let read = 0;
  for (let ms = 0; ms < 2 * limits.maxStoreStalenessMs; ms += limits.storeTickMs) {
    await store.get("a").then(() => read = store.figures.stalenessMs, () => {});
    await world.pass(limits.storeTickMs);
  }
  const [told = Infinity] = heard;
  assert(told <= limits.maxStoreStalenessMs, `watchers hear of it after ${told} ms`);
  assert(told > read, `what is read after ${read} ms lasts, since watchers heard after ${told} ms`);
});

Deno.test("a server takes no more writes than it may have under way", async () => {
  await using world = new StoreWorld();
  const store = await world.open();
  world.hub.isDelivering = false;
  const writes = Array.from({ length: limits.maxStoreWritesWaiting }, (_, n) => {
    return store.put(`k/${n}`, "").then(() => "written", () => "not");
  });
  await assertRejects(() => store.put("one/more", ""), DariError, "too many changes");
  world.hub.isDelivering = true;
  await settled();
  world.hub.wake();
  assertEquals(new Set(await Promise.all(writes)), new Set(["written"]));
  await store.put("one/more", "");
});

Deno.test("bytes under way are bounded too", async () => {
  await using world = new StoreWorld();
  const store = await world.open({}, 8 * 1024 * 1024);
  world.hub.isDelivering = false;
  const half = "x".repeat(limits.maxStoreWaitingBytes / 4);
  const writes = [1, 2, 3].map((n) => store.put(`k/${n}`, half).then(() => "", () => ""));
  await assertRejects(() => store.put("k/4", half), DariError, "too many changes");
  await store.close();
  await Promise.all(writes);
});

Deno.test("strangers' messages change nothing and are counted", async () => {
  await using world = new StoreWorld();
  const store = await world.open();
  await store.put("a", "1");
  const written = world.hub.kept.find(({ place }) => isLog(place))!;
  for (const { data } of [...world.hub.kept]) world.hub.put("live", data); // repeated
  world.hub.put("live", new Uint8Array(100)); // made up
  world.hub.put("mark", written.data.with(40, written.data[40]! ^ 1)); // changed
  await store.put("b", "2");
  assertEquals(await keysOf(store), ["a", "b"]);
  assertEquals(store.figures.passed, { forged: 2, repeated: 2, late: 0, astray: 0 });
});

Deno.test("a store to which a newer dari writes says so and serves nothing more", async () => {
  await using world = new StoreWorld();
  const lost = Promise.withResolvers<DariError>();
  const store = await world.open({ onLost: lost.resolve });
  const heard: string[] = [];
  using _watch = store.watch("", ({ kind }) => heard.push(kind));
  const newer = new MessageSeal({ key: sharedKey, service: "dari" });
  const body = new TextEncoder().encode('{"form":2}');
  world.hub.put("live", await newer.seal("batch", body, 0).sealed);
  assertEquals((await lost.promise).code, "configuration");
  assertEquals(heard, ["reset"]);
  for (const refused of [() => store.get("a"), () => store.put("a", "1")]) {
    await assertRejects(refused, DariError, "newer dari");
  }
});

Deno.test("a log that was begun with another key is not joined", async () => {
  await using world = new StoreWorld();
  const store = await world.open();
  await store.put("a", "1");
  const key = new Uint8Array(limits.clusterKeyBytes).fill(2);
  // What a first attempt has written does not make the second one a member.
  for (const _attempt of [1, 2]) {
    const error = await assertRejects(() => world.open({ key }), DariError, "another key");
    assertEquals(error.code, "configuration");
  }
  assertEquals(await keysOf(await world.open()), ["a"]);
});

Deno.test("a log whose beginning was removed without a snapshot is not followed", async () => {
  await using world = new StoreWorld();
  await (await world.open()).put("a", "1");
  world.hub.kept = [];
  const error = await assertRejects(() => world.open(), DariError, "were removed");
  assertEquals(error.code, "data");
});
