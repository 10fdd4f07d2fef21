import { assert, assertEquals } from "@std/assert";
import { EmbeddedQueues, type EmbeddedQueuesOptions } from "../../lib/messages/mod.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import type { SqliteStore } from "../../lib/store/store.ts";
import { TestClock } from "./clock.ts";
import { type Replica, Replicas } from "./replicas.ts";
import { openNewStore } from "./store_file.ts";
import { tempDirectory } from "./temp.ts";

/** What keeps queues, jobs and topics: one file, or a log that servers follow, each in its own. */
export type MessageForm = "embedded" | "replicated";

/** Runs a test over each form. */
export function inEachForm(name: string, test: (form: MessageForm) => Promise<void>): void {
  Deno.test(name, () => test("embedded"));
  Deno.test(`replicated: ${name}`, () => test("replicated"));
}

/** Fails unless a pause is what a failed try has behind it; a replicated form draws its own chance. */
export function assertPause(form: MessageForm, pauseMs: number, wholeMs: number): void {
  if (form === "embedded") return assertEquals(pauseMs, wholeMs);
  assert(pauseMs >= wholeMs / 2 && pauseMs <= wholeMs, `${pauseMs} of ${wholeMs} ms`);
}

/** Queues in a store of a test's own, whose time the test moves. */
export interface TestQueues extends AsyncDisposable {
  readonly queues: EmbeddedQueues;
  readonly store: SqliteStore;
  readonly clock: TestClock;
  readonly path: string;
  /** The servers, where there are some. */
  readonly replicas: Replicas | undefined;
}

/** How a test opens queues. */
export interface TestQueuesOptions extends EmbeddedQueuesOptions {
  /** What keeps them. @default {"embedded"} */
  readonly form?: MessageForm;
  /** Another test's queues, of which these are a further process or server. */
  readonly beside?: TestQueues;
}

/** Opens queues in a new store, or in one that another test's queues have. */
export async function openTestQueues(options: TestQueuesOptions = {}): Promise<TestQueues> {
  const { beside, form = "embedded", ...rest } = options;
  const clock = beside?.clock ?? new TestClock();
  const given = { clock, random: () => 1, pollMs: 5, ...rest };
  if (form === "replicated" || beside?.replicas !== undefined) {
    return await openReplica(beside?.replicas, clock, given);
  }
  const directory = beside === undefined ? await tempDirectory() : undefined;
  const path = beside?.path ?? `${directory!.path}/dari.db`;
  const open = beside === undefined ? openNewStore : openSqliteStore;
  const store = await open(path, { clock });
  const queues = new EmbeddedQueues(store, given);
  return {
    queues,
    store,
    clock,
    path,
    replicas: undefined,
    async [Symbol.asyncDispose]() {
      await queues[Symbol.asyncDispose]();
      await store.close();
      await directory?.[Symbol.asyncDispose]();
    },
  };
}

async function openReplica(
  known: Replicas | undefined,
  clock: TestClock,
  options: EmbeddedQueuesOptions,
): Promise<TestQueues> {
  const replicas = known ?? await Replicas.open(clock);
  const server = await replicas.start();
  if (known === undefined) await replicas.start(); // that one only follows
  await replicas.idle();
  const queues = new EmbeddedQueues(server.store, options);
  return {
    queues,
    store: editable(replicas, server),
    clock,
    path: server.path,
    replicas,
    async [Symbol.asyncDispose]() {
      await queues[Symbol.asyncDispose]();
      await replicas.assertEqual();
      if (known === undefined) await replicas[Symbol.asyncDispose]();
      else await replicas.stop(server);
    },
  };
}

/** What a test changes by its own hand changes at all servers. */
function editable(replicas: Replicas, { store }: Replica): SqliteStore {
  const transact: SqliteStore["transact"] = async (work) => {
    await replicas.idle();
    const results = await Promise.all(replicas.servers.map(({ file }) => file.transact(work)));
    return results[0]!;
  };
  return new Proxy(store, {
    get(of, name) {
      if (name === "transact") return transact;
      const value = Reflect.get(of, name);
      return typeof value === "function" ? value.bind(of) : value;
    },
  });
}
