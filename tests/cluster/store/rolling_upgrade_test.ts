import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { encodeBody } from "../../../lib/cluster/log/body.ts";
import { MessageOpener, MessageSeal } from "../../../lib/cluster/log/seal.ts";
import { putting } from "../../support/log_writer.ts";
import { sharedKey } from "../../support/shared_store.ts";
import { settled, StoreWorld } from "../../support/store_world.ts";

/** A dari in which writes under `new/` need the second form. */
const next = {
  understands: 2,
  formOf: (operations: readonly { readonly key: string }[]) =>
    operations.some(({ key }) => key.startsWith("new/")) ? 2 : 1,
};

Deno.test("two versions serve one store, and the newer one writes its own form once the older has ended", async () => {
  await using world = new StoreWorld();
  const lost: DariError[] = [];
  const older = await world.open({ onLost: (error) => lost.push(error) });
  const newer = await world.open(next);
  await world.pass(limits.storeFormQuietMs + limits.storeBeatMs);
  await older.put("a", "1");
  await newer.put("b", "1");
  await settled();
  assertEquals(await older.list(""), await newer.list(""));
  assertEquals([older.figures.form, newer.figures.form], [1, 1]);
  const refused = await assertRejects(() => newer.put("new/a", "1"), DariError, "upgrade all");
  assertEquals([refused.code, refused.retryable], ["failed_precondition", false]);
  assertEquals(lost, []);

  await older.close();
  const upgraded = await world.open(next);
  await world.pass(limits.storeFormQuietMs + limits.storeBeatMs);
  assertEquals(newer.figures.form, 2);
  await newer.put("new/a", "1");
  await upgraded.put("c", "1");
  await settled();
  assertEquals((await upgraded.list("")).map(({ key }) => key), ["a", "b", "c", "new/a"]);
});

Deno.test("a server that writes all the time is known for what it understands", async () => {
  await using world = new StoreWorld();
  const busy = await world.open(next);
  const other = await world.open(next);
  const steps = (limits.storeFormQuietMs + limits.storeFormMs) / limits.storeTickMs;
  for (let step = 0; step < steps; step++) {
    await busy.put("a", `${step}`);
    await world.pass(limits.storeTickMs);
  }
  assertEquals(other.figures.form, 2);
});

Deno.test("an older server stops at a newer form, in the log and in a snapshot", async () => {
  await using world = new StoreWorld();
  const newer = await world.open(next);
  await newer.put("a", "1");
  await world.pass(limits.storeFormQuietMs + limits.storeBeatMs);
  await newer.put("new/a", "1");
  const inLog = await assertRejects(() => world.open({ timeoutMs: 0 }), DariError, "A newer dari");
  assertEquals(inLog.code, "configuration");
  await world.pass(limits.storeFormQuietMs + limits.storeBeatMs);
  newer.compact();
  await settled();
  await world.pass(limits.storeBeatMs);
  const inSnapshot = await assertRejects(
    () => world.open({ timeoutMs: 0 }),
    DariError,
    "A newer dari",
  );
  assertEquals(inSnapshot.code, "configuration");
  const upgraded = await world.open(next);
  assertEquals((await upgraded.get("new/a"))?.value, "1");
});

Deno.test("servers say what log they decide on once no older one is heard, and then take nothing without it", async () => {
  await using world = new StoreWorld();
  const sealing = { key: sharedKey, service: "dari" };
  const [older, opener] = [new MessageSeal(sealing), new MessageOpener(sealing)];
  const write = async (kind: "beat" | "batch", body: object) => {
    world.hub.put("live", await older.seal(kind, encodeBody(body), world.hub.sequence).sealed);
    await settled();
  };
  const saysPoint = async () => {
    const opened = await opener.open(world.hub.kept.at(-1)!.data);
    return opened?.point !== undefined;
  };
  const batch = (key: string) => ({ atMs: 1, by: "", operations: [putting(key, "older")] });
  const store = await world.open();
  for (let second = 0; second < 2 * limits.storeFormQuietMs / limits.storeBeatMs; second++) {
    await write("beat", { understands: 1 });
    await world.pass(limits.storeBeatMs);
  }
  await store.put("a", "1");
  assertEquals(await saysPoint(), false);
  await write("batch", batch("b"));
  assertEquals((await store.get("b"))?.value, "older");

  await world.pass(limits.storeFormQuietMs + limits.storeBeatMs);
  await store.put("a", "2");
  assertEquals(await saysPoint(), true);
  await write("batch", batch("c"));
  assertEquals([await store.get("c"), store.figures.passed.late], [null, 1]);
  for (const start of ["of the log", "of a snapshot"]) {
    const started = await world.open();
    await started.put("a", start); // before it can have heard all others
    assertEquals(await saysPoint(), true, start);
    assertEquals((await store.get("a"))?.value, start);
    store.compact();
    await settled();
  }
});
