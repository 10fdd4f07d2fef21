/**
 * What must hold whatever goes wrong, and who notices that it does not.
 *
 * @module
 */

import { DariError } from "../../../lib/base/errors.ts";
import type { MachineClock } from "../machine/clock.ts";
import type { Disk } from "../machine/disk.ts";
import { MessagesWatch } from "../messages/watch.ts";
import type { Program, Timeline } from "../time/timeline.ts";
import {
  type Credential,
  effectKey,
  named,
  type Operation,
  type Promised,
  type Violation,
} from "./operation.ts";
import type { Step } from "./plan.ts";

/** How long after a revocation every server has heard of it, in milliseconds. */
export const REVOCATION_BOUND_MS = 1_000;
/** Timers count whole milliseconds, and a deadline is told over two of them. */
const SLACK_MS = 2;
/** Deadlines that even a network without faults may miss, in milliseconds. */
const TIGHT_MS = 1_000;
/** What a call may fail with where things go wrong. */
const REASONS = ["unavailable", "deadline_exceeded", "resource_exhausted", "cancelled"];
/** What a call with a key may fail with besides, where nobody can say what became of the first one. */
const UNKNOWN = ["failed_precondition", "unavailable"];
/** Kinds whose effect is on the disk once they are acknowledged. */
const DURABLE = ["increment", "set", "relay", "keyed"];
/** Kinds that no handler of the servers' own runs for. */
const WITHOUT_HANDLER = [
  ...["note", "putMessage", "workOnMessage", "enqueueJob"],
  ...["publishEvent", "shareEvents", "followEvents"],
];
/** Kinds that must not run twice. */
const ONCE = ["increment", "note", "ask", "sum", "relay", "keyed"];

/** What a run is judged with. */
interface JudgeParts {
  readonly time: Timeline;
  readonly disk: Disk;
  readonly clock: MachineClock;
  readonly isCalm: boolean;
}

/** Watches one run. */
export class Judge {
  readonly violations: Violation[] = [];
  readonly operations = new Map<number, Operation>();
  /** The streams whose source was not let go, and how many of each. */
  readonly openStreams = new Map<string, number>();
  readonly #time: Timeline;
  readonly #disk: Disk;
  /** What was done with queues, jobs and topics. */
  readonly messages: MessagesWatch;
  #ended = 0;
  /** Whether nothing goes wrong in this run. */
  readonly #isCalm: boolean;
  /** The counts that calls of `increment` were answered with. */
  readonly #counts = new Map<string, number>();
  /** The newest value of each register that was acknowledged. */
  readonly #registers = new Map<string, number>();

  /**
   * @param about The clocks, what the servers write to, and whether nothing goes wrong in this run.
   */
  constructor({ time, disk, clock, isCalm }: JudgeParts) {
    this.#time = time;
    this.#disk = disk;
    this.messages = new MessagesWatch(time, disk, clock);
    this.#isCalm = isCalm;
  }

  /** How many operations are under way. */
  get underWay(): number {
    return this.operations.size - this.#ended;
  }

  /** Whether a call has ended. */
  hasEnded(id: number): boolean {
    const state = this.operations.get(id)?.state;
    return state !== undefined && state !== "under way";
  }

  /** Whether a call was acknowledged. */
  isAcknowledged(id: number): boolean {
    return this.operations.get(id)?.state === "acknowledged";
  }

  /** A promise was broken. */
  broke(promise: Promised, what: string): void {
    this.#time.note(`BROKEN ${promise}: ${what}`);
    this.violations.push({ promise, what });
  }

  /** A client begins a call. */
  began(step: Step, client: Program, credential: Credential): Operation {
    const operation: Operation = {
      step,
      client,
      credential,
      beganAt: this.#time.now(),
      isAbandoned: false,
      frozenUntil: 0,
      runs: 0,
      state: "under way",
    };
    this.operations.set(step.id, operation);
    return operation;
  }

  /** The program of a client was frozen until now. */
  thawed(client: Program): void {
    for (const operation of this.#underWayOf(client)) operation.frozenUntil = this.#time.now();
  }

  /** A client was closed. */
  left(client: Program): void {
    for (const operation of this.#underWayOf(client)) operation.isAbandoned = true;
  }

  *#underWayOf(client: Program): Generator<Operation> {
    for (const operation of this.operations.values()) {
      if (operation.client === client && operation.state === "under way") yield operation;
    }
  }

  /** A stream was begun; what it gives is called when it has been let go. */
  opened(what: string): () => void {
    this.openStreams.set(what, (this.openStreams.get(what) ?? 0) + 1);
    return () => {
      const left = this.openStreams.get(what)! - 1;
      if (left === 0) this.openStreams.delete(what);
      else this.openStreams.set(what, left);
    };
  }

  /** A handler begins. */
  ran(id: number, server: string): void {
    const operation = this.operations.get(id);
    if (operation === undefined) {
      return this.broke(
        "every call gets its own answer",
        `${server} ran ${id}, which nobody called`,
      );
    }
    operation.runs++;
    if (operation.runs > 1 && ONCE.includes(operation.step.kind)) {
      this.broke("no call runs twice that may not", `${named(operation)} ran again on ${server}`);
    }
  }

  /**
   * A handler has failed, and its caller may call again. A key is not used up by that (wire.md, "Keys"),
   * unless the handler has done what it should.
   */
  mayRunAgain(id: number): void {
    const operation = this.operations.get(id);
    if (operation?.step.kind !== "keyed" || this.#disk.entry(effectKey(id)) !== null) return;
    operation.runs--;
  }

  /**
   * A server serves a call, or has served one.
   *
   * @param credential The caller's.
   * @param heardAt When the server could hear of a revocation at the latest.
   * @param what What it does.
   */
  served(credential: Credential, heardAt: number, what: string): void {
    const boundAt = Math.max(credential.revokedAt, heardAt) + REVOCATION_BOUND_MS;
    if (credential.revokedAt === Infinity || this.#time.now() <= boundAt) return;
    const ms = this.#time.now() - credential.revokedAt;
    this.broke(
      "no revoked credential is served",
      `${what} for ${credential.account}, revoked ${ms} ms before`,
    );
  }

  /** A call was answered, and the answer is the right one. */
  acknowledged(operation: Operation): void {
    this.#end(operation, "acknowledged");
    const { kind, id } = operation.step;
    if (DURABLE.includes(kind)) this.#checkEffect(operation);
    if (operation.runs === 0 && !WITHOUT_HANDLER.includes(kind)) {
      this.broke(
        "every call gets its own answer",
        `${named(operation)} was answered and never ran`,
      );
    }
    this.#time.note(`acknowledged ${id}`);
  }

  /** A call failed. */
  failed(operation: Operation, error: unknown): void {
    this.#end(operation, "failed");
    const { step, credential } = operation;
    const code = error instanceof DariError ? error.code : String(error);
    this.#time.note(`failed ${step.id}: ${error}`);
    // The first of two calls with a key has half of the time.
    const isTight = (step.kind === "keyed" ? step.timeoutMs / 2 : step.timeoutMs) <= TIGHT_MS;
    // A server that died may have run it, and so may one that was at it when the first of two calls with
    // the key was out of time: the key cannot say, or another server is still at it.
    const isUnknown = step.kind === "keyed" && UNKNOWN.includes(code);
    if (isUnknown && (!this.#isCalm || isTight)) return;
    if (operation.isAbandoned && code === "unavailable") return;
    if (code === "cancelled" && step.cancelAfterMs !== undefined) return;
    if (credential.isDoubtful && (code === "unauthenticated" || code === "unavailable")) return;
    const isOutOfTime = code === "deadline_exceeded" && isTight;
    if (REASONS.includes(code) && (!this.#isCalm || isOutOfTime)) return;
    this.broke("calls fail only for a reason", `${named(operation)} failed: ${code} ${error}`);
  }

  /** A caller got another answer than its own. */
  mistook(operation: Operation, answer: unknown): void {
    this.broke(
      "every call gets its own answer",
      `${named(operation)} got ${JSON.stringify(answer)}`,
    );
  }

  /** `increment` was answered with a count. */
  counted(operation: Operation, counter: string, count: number): void {
    const name = `${counter}=${count}`;
    const other = this.#counts.get(name);
    if (other !== undefined) {
      this.broke(
        "no acknowledged effect is lost",
        `${named(operation)} and ${other} both counted ${name}`,
      );
    }
    this.#counts.set(name, operation.step.id);
  }

  /** `set` was acknowledged. */
  wrote(register: string, value: number): void {
    this.#registers.set(register, Math.max(value, this.written(register)));
  }

  /** The newest value that was acknowledged. */
  written(register: string): number {
    return this.#registers.get(register) ?? -1;
  }

  /** Looks at the disk once everything has ended. */
  checkDisk(): void {
    for (const { promise, what } of this.messages.check()) this.broke(promise, what);
    for (const operation of this.operations.values()) {
      if (operation.state === "acknowledged" && DURABLE.includes(operation.step.kind)) {
        this.#checkEffect(operation);
      }
    }
    const effects = Map.groupBy(
      this.#disk.keys("effect/").map((key) => this.#disk.entry(key)!.value)
        .filter((value) => value.startsWith("counter/")),
      (value) => value,
    );
    for (const [counter, all] of effects) {
      const count = Number(this.#disk.entry(counter)?.value ?? 0);
      if (count !== all.length) {
        this.broke(
          "no acknowledged effect is lost",
          `${counter} is ${count}, with ${all.length} effects`,
        );
      }
    }
  }

  #checkEffect(operation: Operation): void {
    if (this.#disk.entry(effectKey(operation.step.id)) === null) {
      this.broke(
        "no acknowledged effect is lost",
        `${named(operation)} was acknowledged, and is not on the disk`,
      );
    }
  }

  #end(operation: Operation, state: "acknowledged" | "failed"): void {
    if (operation.state !== "under way") {
      this.broke("every call gets its own answer", `${named(operation)} ended twice`);
    }
    operation.state = state;
    this.#ended++;
    const { beganAt, frozenUntil, step, client } = operation;
    const endsAt = Math.max(beganAt + step.timeoutMs, frozenUntil);
    const lateMs = this.#time.now() - endsAt;
    if (lateMs > SLACK_MS && !client.isFrozen) {
      this.broke("every call ends by its deadline", `${named(operation)} ended ${lateMs} ms late`);
    }
  }
}
