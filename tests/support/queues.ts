import { EmbeddedQueues, type EmbeddedQueuesOptions } from "../../lib/messages/mod.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import type { SqliteStore } from "../../lib/store/store.ts";
import { TestClock } from "./clock.ts";
import { tempDirectory } from "./temp.ts";

/** Queues in a store of a test's own, whose time the test moves. */
export interface TestQueues extends AsyncDisposable {
  readonly queues: EmbeddedQueues;
  readonly store: SqliteStore;
  readonly clock: TestClock;
  readonly path: string;
}

/** Opens queues in a new store, or in one that another test's queues have. */
export async function openTestQueues(
  options: EmbeddedQueuesOptions & { readonly beside?: TestQueues } = {},
): Promise<TestQueues> {
  const { beside, ...rest } = options;
  const clock = beside?.clock ?? new TestClock();
  const directory = beside === undefined ? await tempDirectory() : undefined;
  const path = beside?.path ?? `${directory!.path}/dari.db`;
  const store = await openSqliteStore(path, { clock });
  const queues = new EmbeddedQueues(store, { clock, random: () => 1, pollMs: 5, ...rest });
  return {
    queues,
    store,
    clock,
    path,
    async [Symbol.asyncDispose]() {
      await queues[Symbol.asyncDispose]();
      await store.close();
      await directory?.[Symbol.asyncDispose]();
    },
  };
}
