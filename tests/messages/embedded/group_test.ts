import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { QueueGroup } from "../../../lib/messages/embedded/group.ts";
import { Undone } from "../../../lib/messages/operation/writing.ts";
import type { EntriesInside, SqliteStore } from "../../../lib/store/store.ts";
import type { Sql } from "../../../lib/store/tables/sql.ts";

const noSql: Sql = { all: () => [], run: () => {} };

/** A group over a store that counts its transactions, and fails as it is told. */
function groupOver(transact?: SqliteStore["transact"], look?: () => Promise<void>) {
  let transactions = 0;
  const group = new QueueGroup({
    store: {
      async transact<T>(work: (sql: Sql, entries: EntriesInside) => T): Promise<T> {
        transactions++;
        if (transact !== undefined) return await transact(work);
        await Promise.resolve();
        return work(noSql, {} as EntriesInside);
      },
    },
    chance: { random: () => 1, randomBytes: (length) => new Uint8Array(length) },
    time: () => ({ now: 0, today: 0 }),
    onCommitted: () => {},
    ...(look && { look }),
  });
  return { group, count: () => transactions };
}

Deno.test("requests that come together share a transaction, up to maxQueueGroup", async () => {
  const { group, count } = groupOver();
  const run = (requests: number) =>
    Promise.all(Array.from({ length: requests }, (_, at) => group.run(() => at)));
  assertEquals((await run(limits.maxQueueGroup)).at(-1), limits.maxQueueGroup - 1);
  assertEquals(count(), 1);
  await run(limits.maxQueueGroup + 1);
  assertEquals(count(), 3);
});

Deno.test("a write waits for what arrives, unless as much has come as the last time", async () => {
  let looks = 0;
  let arriving = 0;
  const late: Promise<number>[] = [];
  const { group, count } = groupOver(undefined, async () => {
    looks++;
    await Promise.resolve();
    for (; arriving > 0; arriving--) late.push(group.run(() => 0));
  });
  const run = (requests: number) =>
    Promise.all(Array.from({ length: requests }, () => group.run(() => 0)));
  const few = limits.minWholeGroup - 1;
  await run(few);
  await run(few);
  assertEquals([looks, count()], [2, 2]); // few do not pay for a write of their own
  await run(few + 1);
  assertEquals([looks, count()], [2, 3]);
  arriving = 10;
  await run(few);
  await Promise.all(late);
  assertEquals([looks, count()], [3, 4]); // ten more came
  await run(few + 9);
  assertEquals(looks, 4); // one of them is not there yet
  await run(few + 9);
  assertEquals([looks, count()], [4, 6]);
});

Deno.test("before one of wholeGroupsUntilLook writes there is a look in any case", async () => {
  let looks = 0;
  const { group } = groupOver(undefined, () => {
    looks++;
    return Promise.resolve();
  });
  const requests = Array.from({ length: limits.minWholeGroup });
  const run = () => Promise.all(requests.map(() => group.run(() => 0)));
  for (let write = 1; write < limits.wholeGroupsUntilLook; write++) await run();
  assertEquals(looks, 0);
  await run();
  assertEquals(looks, 1);
});

Deno.test("a request that fails does not hold up the others", async () => {
  const { group, count } = groupOver();
  const own = new Error("the program's own");
  const outcomes = await Promise.allSettled([
    group.run(() => 1),
    group.run(() => {
      throw new DariError("not_found", "no such queue");
    }),
    group.run(() => {
      throw new Undone(own);
    }),
    group.run(() => 2),
  ]);
  assertEquals(
    outcomes.map((each) => each.status === "fulfilled" ? each.value : each.reason.message),
    [
      1,
      "no such queue",
      "the program's own",
      2,
    ],
  );
  assertEquals(count(), 1);
});

Deno.test("where a transaction fails in the middle, each request is tried by itself", async () => {
  let most = 0;
  const { group, count } = groupOver(async (work) => {
    await Promise.resolve();
    const requests: number[] = [];
    const sql: Sql = { all: () => [], run: () => void requests.push(1) };
    const result = work(sql, {} as EntriesInside);
    most = Math.max(most, requests.length);
    if (requests.length > 1) throw new DariError("io", "disk full");
    return result;
  });
  const requests = Array.from({ length: 3 }, (_, at) =>
    group.run(({ sql }) => {
      sql.run("x");
      return at;
    }));
  assertEquals(await Promise.all(requests), [0, 1, 2]);
  assertEquals([most, count()], [3, 4]);
});

Deno.test("a store that is busy fails all of them at once", async () => {
  const { group, count } = groupOver(() => Promise.reject(new DariError("unavailable", "busy")));
  const outcomes = await Promise.allSettled([group.run(() => 1), group.run(() => 2)]);
  assertEquals(outcomes.map(({ status }) => status), ["rejected", "rejected"]);
  assertEquals(count(), 1);
});

Deno.test("maxPendingPutBytes and maxPendingRequests bound what waits for the disk", async () => {
  const { group } = groupOver();
  const first = group.run(() => 1, limits.maxPendingPutBytes);
  const full = await assertRejects(() => group.run(() => 2, 1), DariError);
  assertEquals([full.code, full.retryable], ["unavailable", true]);
  await first;
  const many = Array.from({ length: limits.maxPendingRequests }, () => group.run(() => 1));
  await assertRejects(() => group.run(() => 2), DariError, "Too much waits");
  await Promise.all(many);
  await group.idle();
  assertEquals(await group.run(() => 3, limits.maxPendingPutBytes + 1), 3); // alone it is served
});
