import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import type { Change } from "../../../lib/store/store.ts";
import { VersionConflictError } from "../../../lib/store/store.ts";
import { TestClock } from "../../support/clock.ts";
import { Replicas, rowsOf } from "../../support/replicas.ts";

Deno.test("entries are the same at every server, and watched at every server", async () => {
  await using replicas = await Replicas.open(new TestClock());
  const [one, other] = [await replicas.start(), await replicas.start()];
  const changes: Change[] = [];
  using _watch = other.store.watch("app/", (change) => changes.push(change));
  const version = await one.store.put("app/color", "red", { ifVersion: 0 });
  await replicas.idle();
  assertEquals(await other.store.get("app/color"), { key: "app/color", value: "red", version });
  await assertRejects(
    () => other.store.put("app/color", "blue", { ifVersion: 0 }),
    VersionConflictError,
  );
  assertEquals(await other.store.delete("app/color", { ifVersion: version }), true);
  assertEquals(await other.store.delete("app/color"), false);
  assertEquals(await one.store.list("app/"), []);
  assertEquals(changes.map(({ kind }) => kind), ["put", "delete"]);
});

Deno.test("an entry expires by the time of the log, and is swept everywhere alike", async () => {
  const clock = new TestClock();
  await using replicas = await Replicas.open(clock);
  const one = await replicas.start();
  const wrong = new TestClock(clock.now() + 3_600_000);
  const ahead = await replicas.start(wrong);
  const expiresAtMs = clock.now() + 60_000;
  await one.store.put("app/short", "1", { expiresAtMs });
  // That server's clock says that it has expired.
  await assertRejects(
    () => ahead.store.put("app/short", "2", { ifVersion: 0 }),
    VersionConflictError,
  );
  clock.advance(60_000);
  wrong.advance(60_000);
  await ahead.store.put("app/short", "2", { ifVersion: 0 });
  clock.advance(366 * 86_400_000);
  await one.store.delete("app/short");
  clock.advance(366 * 86_400_000);
  await one.store.put("app/other", "1");
  await replicas.idle();
  assertEquals((await rowsOf(ahead.file)).entries?.length, 1);
});

Deno.test("its tables are changed by the log alone", async () => {
  await using replicas = await Replicas.open(new TestClock());
  const { store } = await replicas.start();
  await assertRejects(() => store.transact(() => {}), DariError, "by its log alone");
  await assertRejects(() => store.put("not a key", "1"), RangeError);
});
