import {
  ClusterMessages,
  type ClusterMessagesOptions,
} from "../../lib/cluster/messages/cluster_messages.ts";
import type {
  BatchPlace,
  OperationBatch,
  OperationMachine,
  OperationOutcome,
} from "../../lib/messages/operation/operation.ts";
import type { SqliteStore } from "../../lib/store/store.ts";
import { DariError } from "../../lib/base/errors.ts";
import { assertEquals } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { TestClock } from "./clock.ts";
import { FakeTimers } from "./fake_timers.ts";
import { MemoryLogHub } from "./memory_log.ts";
import { sharedKey } from "./shared_store.ts";
import { passInTicks, settled } from "./store_world.ts";
import { tempDirectory } from "./temp.ts";

/** A machine whose tables are names of topics: `add` notes one with the number of its batch. */
export class NamesMachine implements OperationMachine {
  appliedPosition = 0;
  /** Throws before a batch is applied, where a test wants that. */
  before: (batch: OperationBatch) => void = () => {};
  readonly #store: Pick<SqliteStore, "transact">;
  /** A newer one can also `rename` what is named "a", by the second rules. */
  readonly #rules: number;

  constructor(store: Pick<SqliteStore, "transact">, rules = 1) {
    this.#store = store;
    this.#rules = rules;
  }

  apply(batch: OperationBatch, { position }: BatchPlace): Promise<readonly OperationOutcome[]> {
    return this.#store.transact((sql) => {
      this.before(batch);
      if (batch.rules > this.#rules) throw new DariError("configuration", "A newer dari writes");
      return batch.operations.map(({ name, by, args }): OperationOutcome => {
        const text = `${by}: ${args.text}`;
        if (name === "rename" && this.#rules > 1) {
          sql.run("UPDATE topic_names SET name = ? WHERE name = ?", text, `${by}: a`);
          return { value: position };
        }
        if (name !== "add") throw new DariError("configuration", `A newer dari wrote "${name}"`);
        const [found] = sql.all("SELECT 1 FROM topic_names WHERE name = ?", text);
        if (found !== undefined) return { error: new DariError("already_exists", text) };
        sql.run("INSERT INTO topic_names VALUES (1, ?, ?)", text, position);
        return { value: position };
      });
    });
  }

  time() {
    return { now: 1_000, today: 1_000 };
  }

  reload(): Promise<void> {
    return Promise.resolve();
  }
}

/** A server of a {@linkcode MessageWorld}. */
export interface WorldServer {
  readonly messages: ClusterMessages;
  readonly machine: NamesMachine;
  readonly path: string;
  readonly told: string[];
  /** Adds a name. */
  add(text: string): Promise<unknown>;
  /** Has an operation carried out. */
  propose(name: string, text: string): Promise<unknown>;
  /** All names, with their numbers. */
  names(): Promise<unknown[]>;
  close(): Promise<void>;
}

/** Servers over one log, each with a file of its own; time passes where the test says so. */
export class MessageWorld implements AsyncDisposable {
  readonly hub = new MemoryLogHub();
  readonly clock = new TestClock();
  readonly #timers = new FakeTimers();
  readonly #owned = new AsyncDisposableStack();
  #directory = "";
  #files = 0;

  static async open(): Promise<MessageWorld> {
    const world = new MessageWorld();
    world.hub.now = () => world.clock.now();
    world.#directory = world.#owned.use(await tempDirectory()).path;
    return world;
  }

  /** Opens a server, with a new file or one that another server had. */
  async server(
    options: Partial<ClusterMessagesOptions> & { readonly maxMessageBytes?: number } = {},
  ): Promise<WorldServer> {
    const path = options.path ?? `${this.#directory}/${++this.#files}.db`;
    const told: string[] = [];
    const messages = await ClusterMessages.open({
      ...{ log: this.hub.open({ maxMessageBytes: options.maxMessageBytes ?? 4_096 }) },
      ...{ key: sharedKey, service: "dari", clock: this.clock, random: () => 1, path },
      tell: (line) => told.push(line),
      ...options,
    });
    const machine = new NamesMachine(messages.store, options.understands);
    let isClosed = false;
    const close = async () => {
      if (!isClosed) await messages[Symbol.asyncDispose]();
      isClosed = true;
    };
    try {
      await messages.start(machine);
    } catch (error) {
      await close();
      throw error;
    }
    this.#owned.defer(close);
    const propose = async (name: string, text: string) => {
      const [outcome] = await messages.propose([{ name, by: "alice", args: { text } }]);
      if (outcome !== undefined && "error" in outcome) throw outcome.error;
      return outcome?.value;
    };
    return {
      ...{ messages, machine, path, told, close, propose },
      add: (text) => propose("add", text),
      names: () =>
        messages.store.query((sql) =>
          sql.all<object>("SELECT name, number FROM topic_names ORDER BY name").map(Object.values)
        ),
    };
  }

  /** Lets time pass, in steps that let what is under way come back. */
  async pass(ms: number): Promise<void> {
    await passInTicks(ms, this.clock, this.#timers);
  }

  /** Lets time pass until a server has the names of another one; either may be reading its file anew. */
  async catchesUp(behind: WorldServer, server: WorldServer): Promise<void> {
    for (const endsAtMs = performance.now() + 10_000; performance.now() < endsAtMs;) {
      const both = [behind, server].map((each) => each.names().catch(() => undefined));
      const [names, expected] = await Promise.all(both);
      if (names !== undefined && JSON.stringify(names) === JSON.stringify(expected)) return;
      await this.pass(limits.storeTickMs);
    }
    assertEquals(await behind.names(), await server.names());
  }

  /** Has a snapshot made, and waits until it is whole and what it makes obsolete is gone. */
  async compact({ messages }: WorldServer): Promise<void> {
    const newest = () => this.hub.kept.findLast(({ place }) => place === "mark")?.sequence;
    const before = newest();
    messages.compact();
    for (let turn = 0; newest() === before; turn++) {
      if (turn > 100) throw new Error("no snapshot was made");
      await settled();
    }
    await settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
    this.#timers[Symbol.dispose]();
  }
}
