/**
 * A server of a cluster, without its connections: the real store, accounts, credentials and answers over
 * a simulated log.
 *
 * @module
 */

import type { Principal } from "../../../lib/auth/policy/principal.ts";
import { type Identity, openIdentity } from "../../../lib/auth/sign_in/identity.ts";
import type { Clock } from "../../../lib/base/clock.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { RecordKey } from "../../../lib/cluster/record_key.ts";
import { type ClusterStore, openClusterStore } from "../../../lib/cluster/store/cluster_store.ts";
import { KeptAnswers } from "../../../lib/rpc/idempotency/kept_answers.ts";
import { Random } from "../time/random.ts";
import { Program } from "../time/timeline.ts";
import type { VirtualTime } from "../time/virtual_time.ts";
import type { ClusterJudge } from "./judge.ts";
import { SimulatedLog } from "./stream/log.ts";
import type { ClusterSetup } from "./plan.ts";
import type { Stream } from "./stream/stream.ts";

/** The record key of every run. */
export const RECORD_KEY: RecordKey = new Uint8Array(limits.clusterKeyBytes).fill(7);
/** The service of every run. */
export const SERVICE = "sim";
/** After how long a server that could not start is started again, in milliseconds. */
const AGAIN_MS = 1_000;
/** The fewest that SCRAM allows (RFC 7677, section 4). */
const ITERATIONS = 4_096;

/** What all servers of a run share. */
export interface ClusterSite {
  readonly seed: number;
  readonly time: VirtualTime;
  readonly stream: Stream;
  readonly setup: ClusterSetup;
  readonly judge: ClusterJudge;
}

/** What one program has that serves. */
export interface ClusterRunning {
  readonly program: Program;
  readonly log: SimulatedLog;
  readonly clock: Clock;
  readonly store: ClusterStore;
  readonly identity: Identity;
  readonly answers: KeptAnswers;
  /** Who is signed in, by the name of the credential. */
  readonly signedIn: Map<string, Principal>;
}

/** A place where a server runs: one program after another. */
export class ClusterHost {
  readonly name: string;
  readonly #site: ClusterSite;
  #program: Program;
  #log: SimulatedLog | undefined;
  #running: ClusterRunning | undefined;
  #starts = 0;
  /** How far its clock is ahead, in milliseconds. */
  aheadMs: number;
  /** What it remembers of the log in its own file. */
  #seen = 0;
  /** Since when it has run without a pause. */
  awakeSince = 0;

  /**
   * @param site What it shares with others.
   * @param name Its name in the trace.
   */
  constructor(site: ClusterSite, name: string) {
    this.#site = site;
    this.name = name;
    const { seed, setup: { skewMs } } = site;
    this.aheadMs = new Random(seed, "clock", name).whole(-skewMs, skewMs);
    this.#program = new Program(name);
    this.#program.isDead = true;
  }

  /** What it has while it serves. */
  get running(): ClusterRunning | undefined {
    return this.#program.isDead || this.#program.isFrozen ? undefined : this.#running;
  }

  /** Starts a program, where none runs. */
  start(): void {
    if (!this.#program.isDead) return;
    const program = new Program(this.name);
    this.#program = program;
    this.#running = undefined;
    this.awakeSince = this.#site.time.now();
    this.#site.time.after(0, `starts ${++this.#starts}`, () => void this.#open(program), program);
  }

  /** Ends the program where it stands. */
  kill(): void {
    const program = this.#program;
    if (program.isDead) return;
    const running = this.#running;
    program.isDead = true;
    program.isFrozen = false;
    this.#running = undefined;
    this.#log?.end();
    if (running === undefined) return;
    // What it had is gone. Nobody sees this, but the waits that programs share end with it.
    this.#site.time.actAs(program);
    running.identity[Symbol.dispose]();
  }

  /** Its own file is lost, and with it what it remembers. */
  loseFile(): void {
    this.kill();
    this.#seen = 0;
  }

  freeze(): void {
    if (!this.#program.isDead) this.#site.time.freeze(this.#program);
  }

  thaw(): void {
    if (!this.#program.isFrozen) return;
    this.awakeSince = this.#site.time.now();
    this.#site.time.thaw(this.#program);
  }

  /** Cuts it off from the NATS servers, or mends that. */
  cut(isCut: boolean): void {
    this.#log?.cut(isCut);
  }

  /** Ends the program in order. */
  async close(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    await running.answers.end(0);
    await running.identity.flush();
    running.identity[Symbol.dispose]();
    await running.store.close();
    this.#program.isDead = true;
    this.#log?.end();
  }

  async #open(program: Program): Promise<void> {
    const { time, stream, setup, seed, judge } = this.#site;
    const random = new Random(seed, "log", this.name, this.#starts);
    const log = this.#log = new SimulatedLog({ time, stream, program, random, way: setup.way });
    const clock = {
      now: () => time.wall() + this.aheadMs,
      monotonic: () => time.now(),
    };
    try {
      const store = await openClusterStore({ log, clock, key: RECORD_KEY, service: SERVICE });
      this.#checkSeen(store);
      const identity = await openIdentity(store, { clock, passwords: { iterations: ITERATIONS } });
      const answers = new KeptAnswers({ store, shared: true }, () => clock.now());
      this.#running = {
        ...{ program, log, clock, store, identity, answers },
        signedIn: new Map(),
      };
      this.#remember(program);
    } catch (error) {
      if (!(error instanceof DariError) || error.code !== "unavailable") {
        judge.broke("calls fail only for a reason", `${this.name} does not start: ${error}`);
      }
      time.after(AGAIN_MS, "is started again", () => {
        this.kill();
        this.start();
      }, program);
    }
  }

  /** As `openDataStore` does. */
  #checkSeen({ figures }: ClusterStore): void {
    if (figures.sequence >= this.#seen) return;
    const what = `${this.name} starts at ${figures.sequence} and had read ${this.#seen}`;
    this.#site.judge.broke("no acknowledged write is lost", what);
  }

  #remember(program: Program): void {
    this.#site.time.after(limits.clusterSeenMs, "remembers", () => {
      const sequence = this.#running?.store.figures.sequence ?? 0;
      if (this.#log?.isMisled === false) this.#seen = Math.max(this.#seen, sequence);
      this.#remember(program);
    }, program);
  }
}
