/**
 * Queues, jobs and topics that the servers of a cluster share: a log of sealed batches of operations,
 * which each server applies to tables of its own.
 *
 * @module
 */

import { type Clock, systemClock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import {
  type MessageOperation,
  OPERATION_RULES,
  type OperationMachine,
  type OperationOutcome,
  type OperationProposer,
} from "../../messages/operation/operation.ts";
import { ReplicaFile } from "../../store/replica/replica_file.ts";
import type { ReplicaSnapshot } from "../../store/replica/replica_snapshot.ts";
import type { SqliteStore } from "../../store/store.ts";
import { notYetUnderstood } from "../follow/forms.ts";
import { Participant } from "../follow/participant.ts";
import type { ParticipantOptions } from "../follow/participant_parts.ts";
import { FIRST_FORM } from "../log/body.ts";
import type { LogMessage } from "../log/log.ts";
import type { PassedReason } from "../log/log_state.ts";
import { checkLogLength, isSnapshotDue } from "./log_length.ts";
import { Proposals } from "./proposals.ts";
import { MessageReplica, type TakenBatch } from "./replica.ts";
import { ReplicaStore } from "./replica_store.ts";

/** How queues, jobs and topics of a cluster are opened. */
export interface ClusterMessagesOptions extends ParticipantOptions {
  /** The file of the tables; its directory exists. */
  readonly path: string;
  /**
   * Which rules an operation needs, so that it is written once all servers know them.
   *
   * @default {the first: there are no newer operations yet}
   */
  readonly rulesOf?: ((operation: MessageOperation) => number) | undefined;
  /** Hears of trouble, and that it is over. */
  readonly tell?: WriteLog | undefined;
}

/** Figures of queues, jobs and topics that servers share. */
export interface ClusterMessagesFigures {
  /** How old what is known may be, in milliseconds. */
  readonly stalenessMs: number;
  /** How long after a message was in the log it was taken here, of the last one, in milliseconds. */
  readonly lagMs: number;
  /** The last message of the log that was looked at. */
  readonly sequence: number;
  /** Bytes of the tables. */
  readonly bytes: number;
  /** Messages that were passed over, by the reason. */
  readonly passed: Readonly<Record<PassedReason, number>>;
  /** Batches that were applied, and operations in them. */
  readonly applied: { readonly batches: number; readonly operations: number };
  /** Snapshots that are whole. */
  readonly snapshots: number;
  /** The newest rules of operations that all servers understand: newer ones are not written yet. */
  readonly form: number;
}

/** The part of one server in the queues, jobs and topics of a cluster. */
export class ClusterMessages implements AsyncDisposable, OperationProposer {
  /** The tables. Reading them is refused where they may be too old, and before {@linkcode start}. */
  readonly store: ReplicaStore;
  /** The tables to which batches are applied, however old they are. */
  readonly tables: Pick<SqliteStore, "query" | "transact">;
  readonly #options: ClusterMessagesOptions;
  readonly #file: ReplicaFile;
  readonly #replica: MessageReplica;
  readonly #participant: Participant<MessageReplica, TakenBatch>;
  readonly #proposals: Proposals;
  readonly #clock: Clock;
  #machine: OperationMachine | undefined;
  /** Why the log cannot be followed, or no snapshot be made. */
  #failure: string | undefined;
  #timing: ReturnType<typeof setInterval> | undefined;
  /** When a batch was applied last. */
  #appliedAtMs = -Infinity;
  /** Hears that the tables were read anew. */
  #onReset = () => {};
  readonly #counts = {
    lagMs: 0,
    passed: { forged: 0, repeated: 0, late: 0, astray: 0 },
    applied: { batches: 0, operations: 0 },
    snapshots: 0,
  };

  private constructor(options: ClusterMessagesOptions, file: ReplicaFile) {
    const { log, clock = systemClock } = options;
    this.#options = options;
    const replica = this.#replica = new MessageReplica({
      ...{ file, log },
      machine: () => this.#openMachine(),
      isOwn: (writer) => writer === this.#participant.writer,
    });
    this.#file = file;
    this.#clock = clock;
    const checkFresh = () => this.#participant.checkFresh();
    this.store = new ReplicaStore({ file, replica, clock, checkFresh });
    this.tables = {
      transact: (work) => this.store.transact(work),
      // deno-lint-ignore require-await -- what is thrown becomes a rejection
      query: async (work) => work(file.sql),
    };
    const { understands = OPERATION_RULES } = options;
    this.#participant = new Participant<MessageReplica, TakenBatch>({ ...options, understands }, {
      kind: "messages",
      state: replica,
      read: (opener) => replica.read(opener),
      onTaken: (taken, at) => this.#count(taken, at),
      onReset: () => {
        this.store.reset();
        this.#onReset();
      },
      onFailure: (error) => this.#tellFailure(reasonOf(error)),
      logOf: ({ log }) => log,
      isDue: ({ log }, nowMs) => isSnapshotDue(log.since, file.bytes) && !log.isCutting(nowMs),
      bytesOf: () => file.bytes,
      snapshot: (replica) => replica.content(),
    });
    this.#proposals = new Proposals({
      time: () => this.#openMachine().time(),
      write: (body) => this.#write(body),
    });
  }

  /**
   * Opens the tables. Nothing is read of the log before {@linkcode start}.
   *
   * @param options The log, the key of what is in it, and the file.
   * @throws {DariError} `configuration` where others can use the file, `io` where it cannot be opened.
   */
  static async open(options: ClusterMessagesOptions): Promise<ClusterMessages> {
    return new ClusterMessages(options, await ReplicaFile.open(options.path));
  }

  /**
   * Reads all that was written before, and follows from then on.
   *
   * @param machine Applies batches to {@linkcode store}.
   * @throws {DariError} `unavailable` when the log cannot be read or written, `configuration` when a newer
   * dari writes to it, `data` when it has lost what was written.
   */
  async start(machine: OperationMachine): Promise<void> {
    this.#machine = machine;
    await this.#participant.start();
    this.#timing = setInterval(() => this.#tellTime(), limits.storeBeatMs);
    Deno.unrefTimer(this.#timing);
  }

  /** How it is. */
  get figures(): ClusterMessagesFigures {
    const { own, state } = this.#participant;
    const { passed, applied } = this.#counts;
    return {
      ...this.#counts,
      passed: { ...passed },
      applied: { ...applied },
      stalenessMs: this.#clock.monotonic() - own.freshAtMs,
      sequence: state.sequence,
      bytes: this.#file.bytes,
      form: this.#participant.form,
    };
  }

  async propose(
    operations: readonly MessageOperation[],
  ): Promise<readonly OperationOutcome[]> {
    this.#participant.checkFresh();
    checkLogLength(this.#replica.log.since, () => this.#file.bytes);
    const { rulesOf } = this.#options;
    const rules = rulesOf === undefined
      ? FIRST_FORM
      : Math.max(FIRST_FORM, ...operations.map(rulesOf));
    if (rules > this.#participant.form) throw notYetUnderstood();
    return await this.#proposals.propose(operations, rules);
  }

  /** Resolves once nothing waits to be written. */
  idle(): Promise<void> {
    return this.#proposals.idle();
  }

  /**
   * The rows of queues, jobs and topics at this moment.
   *
   * @returns The rows; the caller disposes of it.
   */
  rows(): ReplicaSnapshot {
    return this.#file.snapshot({ messagesOnly: true });
  }

  /** Has a snapshot made. */
  compact(): void {
    this.#participant.compact();
  }

  /**
   * Puts other tables in the place of those of all servers, by a snapshot of them.
   *
   * @param open Opens the other tables.
   * @returns Resolves once the tables of this server were made of that snapshot.
   */
  async replaceBy(open: () => ReplicaSnapshot): Promise<void> {
    const { reloads } = this.#replica;
    this.#replica.replaceBy(open);
    // A snapshot that was cut keeps others from being made for a while.
    const again = setInterval(() => this.compact(), limits.storeFollowAgainMs);
    try {
      this.compact();
      while (this.#replica.reloads === reloads) {
        await new Promise<void>((resolve) => this.#onReset = resolve);
      }
    } finally {
      clearInterval(again);
    }
  }

  /** Notes how far the log was read, and closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timing);
    await this.#participant.close(new DariError("unavailable", "The queues are closed"));
    try {
      this.#replica.note();
    } catch {
      // What is not noted is read again.
    }
    this.#file[Symbol.dispose]();
  }

  /** What goes on is told once. */
  #tellFailure(reason: string): void {
    const { tell } = this.#options;
    if (reason !== this.#failure) {
      tell?.(`The cluster's queues cannot be followed: ${reason}`, "warn");
    }
    this.#failure = reason;
  }

  /** Where nothing else was written for some seconds, one of the servers writes the time. */
  #tellTime(): void {
    const { random = Math.random } = this.#options;
    const silentMs = this.#clock.monotonic() - this.#appliedAtMs;
    if (silentMs < limits.messageTimeMs || random() > limits.storeSnapshotShare) return;
    this.propose([]).catch(() => {}); // the next look tries again
  }

  #openMachine(): OperationMachine {
    if (this.#machine !== undefined) return this.#machine;
    throw new TypeError("start() gives what applies batches");
  }

  #count(taken: TakenBatch, { atMs }: LogMessage): void {
    const counts = this.#counts;
    counts.lagMs = Math.max(0, this.#clock.now() - atMs);
    if (taken.kind === "passed") counts.passed[taken.reason]++;
    else if (taken.kind === "mark") counts.snapshots++;
    else if (taken.kind === "applied") {
      counts.applied.batches++;
      counts.applied.operations += taken.outcomes.length;
      this.#appliedAtMs = this.#clock.monotonic();
      this.#failure = undefined;
    }
  }

  async #write(body: Parameters<Participant<MessageReplica, TakenBatch>["write"]>[0]) {
    const taken = await this.#participant.write(body);
    if (taken.kind === "applied") return taken.outcomes;
    throw new DariError("internal", `A batch became a ${taken.kind}`);
  }
}
