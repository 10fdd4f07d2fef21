import { assertEquals } from "@std/assert";
import { Sessions } from "../../../lib/auth/credential/sessions.ts";
import { Uses } from "../../../lib/auth/credential/uses.ts";
import { deadline } from "../../../lib/base/abort.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Collection } from "../../../lib/store/collection.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import type { Operation } from "../../../lib/store/store.ts";
import { TestClock } from "../../support/clock.ts";
import { PASSWORD, testIdentity } from "../../support/identity.ts";

/** Uses over sessions that exist in a store, and how many operations each commit had. */
async function opened(count: number, touchMs = 60_000) {
  const store = createMemoryStore({ clock: new TestClock(0) });
  const records = new Collection<{ idleUntilMs: number }>(store, "session/");
  for (let i = 0; i < count; i++) await records.put(`s${i}`, { idleUntilMs: 1 });
  const commits: number[] = [];
  let onBatch = () => Promise.resolve();
  const batch = async (operations: readonly Operation[]) => {
    commits.push(operations.length);
    await onBatch();
    return await store.batch(operations);
  };
  const all = new Collection<{ atMs: number }>(store, "use/");
  // Of the sessions only what is stored matters here.
  // deno-lint-ignore no-explicit-any
  const sessions = new Sessions({ store, records, policy: { idleMs: 10 * touchMs } } as any);
  const uses = new Uses({
    store: { batch },
    sessions,
    keys: { touching: (id) => all.putting(id, { atMs: 5 }) },
  });
  const idle = async (i: number) => (await records.get(`s${i}`))?.record.idleUntilMs;
  return { store, records, uses, commits, idle, interfere: (act: typeof onBatch) => onBatch = act };
}

const gone = () => {
  throw new Error("It is not gone");
};

Deno.test("uses at the same time are written in as few commits as their bound allows", async () => {
  const most = limits.maxUsesPerCommit;
  const { uses, commits, idle } = await opened(most + 1);
  for (let i = 0; i < most; i++) uses.session(`s${i}`, 9, gone);
  await uses.flush();
  assertEquals(commits, [most]);
  for (let i = 0; i <= most; i++) uses.session(`s${i}`, 10, gone);
  for (let i = 0; i < 3; i++) uses.apiKey("key");
  await uses.flush();
  assertEquals(commits, [most, 1, most, 1]);
  assertEquals([await idle(0), await idle(most)], [10, 10]);
  await uses.flush();
  assertEquals(commits.length, 4, "nothing is left");
});

Deno.test("a use that another writer overtakes harms neither its write nor the other uses", async () => {
  const { uses, records, idle, interfere } = await opened(3);
  interfere(() => records.put("s1", { idleUntilMs: 50 }));
  for (let i = 0; i < 3; i++) uses.session(`s${i}`, 9, gone);
  await uses.flush();
  assertEquals([await idle(0), await idle(1), await idle(2)], [9, 50, 9]);
});

Deno.test("a session that is gone is told, and one that was used later is left as it is", async () => {
  const { uses, records, commits, idle } = await opened(2);
  await records.put("s1", { idleUntilMs: 99 });
  const told: string[] = [];
  uses.session("none", 9, () => told.push("none"));
  uses.session("s1", 9, gone);
  await uses.flush();
  assertEquals([told, commits, await idle(1)], [["none"], [], 99]);
});

Deno.test("uses are written down by themselves, for short sessions before they end, and not after disposing", async () => {
  const { uses, store, idle } = await opened(1, 1);
  const written = Promise.withResolvers<void>();
  using _watch = store.watch("session/", () => written.resolve());
  uses.session("s0", 9, gone);
  // The timer does not keep a program alive, so the test has to.
  await deadline(written.promise, 5_000);
  assertEquals(await idle(0), 9);
  uses.session("s0", 10, gone);
  uses[Symbol.dispose]();
  await uses.flush();
  assertEquals(await idle(0), 9);
});

Deno.test("a hundred sessions in use cost one commit", async () => {
  await using test = await testIdentity();
  const { gate } = test.identity;
  const principals = [];
  for (let i = 0; i < 100; i++) {
    const connection = test.connection();
    await connection.call("rpc.login", { username: "alice", password: PASSWORD });
    principals.push(connection.principal());
  }
  test.clock.advance(60_000);
  const versions = new Set<number>();
  using _watch = test.store.watch("session/", (change) => {
    if (change.kind === "put") versions.add(change.entry.version);
  });
  for (const principal of principals) gate.authorize(principal, "add");
  await test.identity.flush();
  assertEquals(versions.size, 1);
});
