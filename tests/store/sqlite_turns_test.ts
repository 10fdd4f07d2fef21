import { assert, assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { deadline } from "../../lib/base/abort.ts";
import { DariError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import type { SqliteStoreOptions } from "../../lib/store/store.ts";
import { onceNotBusy, WriteTurns } from "../../lib/store/sqlite_turns.ts";
import { FakeTimers } from "../support/fake_timers.ts";
import { tempDirectory } from "../support/temp.ts";

/** A store, and another connection to its file that is in the middle of a write. */
async function contended(options: SqliteStoreOptions = {}) {
  const directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  const store = await openSqliteStore(path, options);
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  return {
    path,
    store,
    other,
    async [Symbol.asyncDispose]() {
      other.close();
      await store.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

const busy = () => Object.assign(new Error("database is locked"), { errcode: 5 });

Deno.test("writes that wait for another process leave the event loop free, and keep their order", async () => {
  await using test = await contended();
  await test.store.list("");
  const done: number[] = [];
  const writes = [1, 2, 3].map((n) => test.store.put("n", String(n)).then(() => done.push(n)));
  // Reads do not wait for them.
  assertEquals(await test.store.get("n"), null);
  // Timers fire while the writes wait; a blocked loop would come here after the writes' time limit.
  let ticks = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (++ticks < 5) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  assertEquals(done, []);
  test.other.exec("COMMIT");
  await deadline(Promise.all(writes), 5_000);
  assertEquals(done, [1, 2, 3]);
  assertEquals((await test.store.get("n"))?.value, "3");
});

Deno.test("a write that waits too long says when to try again, and reveals no path", async () => {
  await using test = await contended({ busyTimeoutMs: 5 });
  const error = await deadline(assertRejects(() => test.store.put("a", "1"), DariError), 4_000);
  assertEquals([error.code, error.retryable, error.retryAfterMs], [
    "unavailable",
    true,
    limits.storeRetryAfterMs,
  ]);
  assert(!error.message.includes("/"), error.message);
  test.other.exec("COMMIT");
  await test.store.put("a", "1");
});

Deno.test("opening a store that another process is changing does not block, and gives up in time", async () => {
  await using test = await contended();
  // A store of an older schema, which is migrated when it is opened.
  test.other.exec("COMMIT; PRAGMA user_version = 0");
  test.other.exec("BEGIN IMMEDIATE");
  const opening = openSqliteStore(test.path, { busyTimeoutMs: 5 });
  const error = await deadline(assertRejects(() => opening, DariError), 4_000);
  assertEquals(error.code, "unavailable");
});

Deno.test("close() ends the writes that wait", async () => {
  await using test = await contended();
  const writes = [1, 2].map((n) => test.store.put("n", String(n)));
  const ends = Promise.allSettled(writes);
  await test.store.close();
  for (const end of await deadline(ends, 4_000)) {
    assertEquals(end.status === "rejected" && end.reason.message, "The store is closed");
  }
});

Deno.test("as many writes may wait as the limit says, and no more", async () => {
  const ended = new AbortController();
  const turns = new WriteTurns(5_000, ended.signal);
  let isFree = false;
  const run = () =>
    turns.run(() => {
      if (!isFree) throw busy();
      return "done";
    });
  const first = run();
  const waiting = Array.from({ length: limits.maxStoreWritesWaiting }, run);
  const error = await assertRejects(run, DariError);
  assertEquals([error.code, error.retryAfterMs], ["unavailable", limits.storeRetryAfterMs]);
  isFree = true;
  const ends = await deadline(Promise.all([first, ...waiting]), 10_000);
  assertEquals(new Set(ends), new Set(["done"]));
  ended.abort();
});

Deno.test("no write overtakes one that waits, also once the file is free", async () => {
  const turns = new WriteTurns(5_000, new AbortController().signal);
  const attempts: number[] = [];
  const done: number[] = [];
  let isFree = false;
  let busyFor2 = 2;
  const run = (n: number) =>
    turns.run(() => {
      attempts.push(n);
      if (!isFree || (n === 2 && busyFor2-- > 0)) throw busy();
      done.push(n);
    });
  const writes = [run(1), run(2)];
  isFree = true;
  writes.push(run(3));
  await writes[0];
  writes.push(run(4));
  await deadline(Promise.all(writes), 5_000);
  assertEquals(done, [1, 2, 3, 4]);
  assertEquals(attempts, [1, 1, 1, 2, 2, 2, 3, 4]);
});

Deno.test("onceNotBusy() does not do work again that failed for another reason", async () => {
  let times = 0;
  const work = () => {
    times++;
    throw Object.assign(new Error("disk I/O error"), { errcode: 10 });
  };
  await assertRejects(() => onceNotBusy(work, { endsAtMs: Infinity }), Error, "disk I/O");
  assertEquals(times, 1);
});

Deno.test("the pauses before a busy store is tried again grow up to their bound, and no further", async () => {
  using timers = new FakeTimers();
  const tries: number[] = [];
  const work = () => {
    tries.push(timers.now);
    if (tries.length <= 20) throw busy();
  };
  const done = onceNotBusy(work, { endsAtMs: Infinity });
  while (tries.length <= 20) {
    timers.advance(0.5);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }
  await done;
  const pauses = tries.slice(1).map((at, n) => at - tries[n]!);
  const most = limits.maxStoreRetryPauseMs;
  assert(pauses.every((pause) => pause <= most), `${pauses}`);
  assert(pauses.slice(10).every((pause) => pause >= most / 2), `${pauses}`);
  assert(pauses[0]! < most / 2, `${pauses}`);
});
