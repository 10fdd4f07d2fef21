import { assertEquals } from "@std/assert";
import type { Clock } from "../../lib/base/clock.ts";
import type {
  MessageOperation,
  OperationBatch,
  OperationOutcome,
} from "../../lib/messages/operation/operation.ts";
import { OPERATION_RULES } from "../../lib/messages/operation/operation.ts";
import { replicatedStore } from "../../lib/messages/replicated/replicated_store.ts";
import { ReplicatedTables } from "../../lib/messages/replicated/tables.ts";
import type { SqliteStore } from "../../lib/store/store.ts";
import { openNewStore } from "./store_file.ts";
import { tempDirectory } from "./temp.ts";

/** A log in memory, and the servers that follow it. */
export class Replicas implements AsyncDisposable {
  readonly clock: Clock;
  /** The clock of the log. */
  atMs: () => number;
  /** All batches, as text, so that nothing but data gets through. */
  readonly log: { readonly text: string; readonly atMs: number }[] = [];
  readonly servers: Replica[] = [];
  #started = 0;
  readonly #directory: Awaited<ReturnType<typeof tempDirectory>>;

  private constructor(clock: Clock, directory: Awaited<ReturnType<typeof tempDirectory>>) {
    this.clock = clock;
    const zeroMs = clock.now() - clock.monotonic();
    this.atMs = () => zeroMs + clock.monotonic(); // nobody sets it
    this.#directory = directory;
  }

  static async open(clock: Clock): Promise<Replicas> {
    return new Replicas(clock, await tempDirectory());
  }

  /** Starts a server, which follows the log from its beginning. */
  async start(clock: Clock = this.clock): Promise<Replica> {
    const path = `${this.#directory.path}/${this.#started++}.db`;
    const server = await Replica.open(this, path, clock);
    this.servers.push(server);
    this.deliver();
    return server;
  }

  /** Ends a server. */
  async stop(server: Replica): Promise<void> {
    this.servers.splice(this.servers.indexOf(server), 1);
    await server.file.close();
  }

  append(batch: OperationBatch): number {
    const text = JSON.stringify({ ...batch, seed: [...batch.seed] });
    this.log.push({ text, atMs: this.atMs() });
    return this.log.length;
  }

  deliver(): void {
    for (const server of this.servers) server.follow();
  }

  /** Resolves once all servers have applied all of the log. */
  async idle(): Promise<void> {
    for (let length = -1; length !== this.log.length;) {
      length = this.log.length;
      this.deliver();
      for (const server of this.servers) await server.idle();
    }
  }

  /** Fails unless all servers have the same rows. */
  async assertEqual(): Promise<void> {
    await this.idle();
    const [first, ...others] = await Promise.all(this.servers.map(({ file }) => rowsOf(file)));
    for (const other of others) assertEquals(other, first);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.assertEqual();
    } finally {
      for (const { file } of this.servers) await file.close();
      await this.#directory[Symbol.asyncDispose]();
    }
  }
}

/** One server with a file of its own. */
export class Replica {
  readonly path: string;
  readonly clock: Clock;
  readonly file: SqliteStore;
  readonly tables: ReplicatedTables;
  /** What programs use. */
  readonly store: SqliteStore;
  /** Whether it gets what the log has. */
  isFollowing = true;
  readonly #replicas: Replicas;
  /** What waits for its batch, by place. */
  readonly #own = new Map<number, (outcomes: Promise<readonly OperationOutcome[]>) => void>();
  #asked: { operation: MessageOperation; resolve: (outcome: Promise<OperationOutcome>) => void }[] =
    [];
  #next = 1;
  #applying: Promise<unknown> = Promise.resolve();

  private constructor(
    replicas: Replicas,
    { path, clock, file, tables }: Pick<Replica, "path" | "clock" | "file" | "tables">,
  ) {
    this.#replicas = replicas;
    this.path = path;
    this.clock = clock;
    this.file = file;
    this.tables = tables;
    const proposer = { propose: (all: readonly MessageOperation[]) => this.#propose(all) };
    this.store = replicatedStore({ file, tables, proposer });
  }

  static async open(replicas: Replicas, path: string, clock: Clock): Promise<Replica> {
    const file = await openNewStore(path, { clock });
    const tables = await ReplicatedTables.open(file, clock);
    return new Replica(replicas, { path, clock, file, tables });
  }

  /** Writes a batch, whoever asked for it. */
  write(batch: Partial<OperationBatch> & Pick<OperationBatch, "operations">): number {
    const seed = crypto.getRandomValues(new Uint8Array(32));
    return this.#replicas.append({ rules: OPERATION_RULES, ...this.tables.time(), seed, ...batch });
  }

  /** Applies what the log has. */
  follow(): void {
    const { log } = this.#replicas;
    while (this.isFollowing && this.#next <= log.length) {
      const position = this.#next++;
      const { text, atMs } = log[position - 1]!;
      const batch = JSON.parse(text);
      const own = this.#own.get(position);
      this.#own.delete(position);
      const applied = this.tables.apply(
        { ...batch, seed: new Uint8Array(batch.seed) },
        { position, atMs },
        own !== undefined,
      );
      applied.catch(() => {});
      own?.(applied);
      this.#applying = applied.catch(() => {});
    }
  }

  async idle(): Promise<void> {
    await this.#applying;
  }

  #propose(operations: readonly MessageOperation[]): Promise<readonly OperationOutcome[]> {
    if (this.#asked.length === 0) queueMicrotask(() => this.#send());
    return Promise.all(operations.map((operation) => {
      const { promise, resolve } = Promise.withResolvers<OperationOutcome>();
      this.#asked.push({ operation, resolve });
      return promise;
    }));
  }

  #send(): void {
    const asked = this.#asked;
    this.#asked = [];
    const position = this.write({ operations: asked.map(({ operation }) => operation) });
    this.#own.set(position, (outcomes) => {
      for (const [at, { resolve }] of asked.entries()) {
        resolve(outcomes.then((all) => all[at]!));
      }
    });
    this.#replicas.deliver();
  }
}

/** All rows of a file, but what is the file's own. */
export async function rowsOf(file: SqliteStore): Promise<Record<string, unknown[]>> {
  return await file.query((sql) => {
    const tables = sql.all<{ name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
    ).map(({ name }) => name);
    const rows: Record<string, unknown[]> = {};
    for (const name of tables) {
      if (["identity", "record_copies"].includes(name)) continue;
      rows[name] = sql.all<object>(`SELECT * FROM ${name}`).map((row) => JSON.stringify(row))
        .sort();
    }
    return rows;
  });
}
