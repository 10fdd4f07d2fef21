/**
 * One run of servers that share a store, from its first entries to the rest at its end.
 *
 * @module
 */

import { limits } from "../../../lib/base/limits.ts";
import { openClusterStore } from "../../../lib/cluster/store/cluster_store.ts";
import type { Entry } from "../../../lib/store/store.ts";
import type { Outcome } from "../outcome.ts";
import { watchErrors } from "../time/errors.ts";
import { replaceGlobals, replaceMembers } from "../time/globals.ts";
import { Random } from "../time/random.ts";
import { Program } from "../time/timeline.ts";
import { Trace } from "../time/trace.ts";
import { VirtualTime } from "../time/virtual_time.ts";
import { type FirstContent, firstContent } from "./accounts.ts";
import { happenInCluster } from "./faults.ts";
import { ClusterJudge } from "./judge.ts";
import { SimulatedLog } from "./stream/log.ts";
import type { ClusterPlan } from "./plan.ts";
import { checkSnapshots, compareAll, foldAll } from "./remains.ts";
import { ClusterHost, type ClusterSite, RECORD_KEY, SERVICE } from "./server.ts";
import { Stream } from "./stream/stream.ts";
import type { ClusterPromised } from "./violation.ts";
import { ClusterWork } from "./work.ts";

/** How long everything may take to be up, in milliseconds. */
const START_MS = 60_000;
/** How long what is under way may take to end once nothing goes wrong, in milliseconds. */
const SETTLE_MS = 60_000;
/** How long it may take after that until all servers have the same, in milliseconds. */
const AGREE_MS = 20_000;
/** How often that is looked at, in milliseconds. */
const LOOK_MS = 500;
/** How long waits may go on after everything has ended, in milliseconds. */
const REST_MS = 60_000;
/** The number of the first step that asks whether a server serves again: beyond all others. */
const FIRST_PROBE = 1_000_000;
/** How many such steps may fail, and the time between two, in milliseconds. */
const PROBES = { most: 8, pauseMs: 3_000 } as const;

/**
 * Runs a plan.
 *
 * @param plan The plan.
 * @param options Whether to keep what happened as lines.
 * @returns How it ended; for the same plan and the same code always the same.
 */
export async function runClusterPlan(
  plan: ClusterPlan,
  { keepsTrace = false }: { readonly keepsTrace?: boolean } = {},
): Promise<Outcome<ClusterPromised>> {
  const content = await firstContent();
  const trace = new Trace(keepsTrace);
  const time = new VirtualTime(trace);
  using _globals = await replaceGlobals(time, new Random(plan.seed, "chance"));
  using replaced = new DisposableStack();
  replaceMembers(replaced, limits, plan.setup.limits);
  const world = new ClusterWorld(plan, time, content);
  using _watch = watchErrors((error) => {
    world.judge.broke("no error is left to nobody", String(error));
  });
  await world.run();
  return { violations: world.judge.violations, hash: trace.end(), lines: trace.lines };
}

/** Everything of one run. */
class ClusterWorld {
  readonly judge: ClusterJudge;
  readonly #plan: ClusterPlan;
  readonly #time: VirtualTime;
  readonly #content: FirstContent;
  readonly #site: ClusterSite;
  readonly #hosts: readonly ClusterHost[];
  readonly #work: ClusterWork;

  constructor(plan: ClusterPlan, time: VirtualTime, content: FirstContent) {
    const { seed, setup } = plan;
    this.#plan = plan;
    this.#time = time;
    this.#content = content;
    this.judge = new ClusterJudge(time, plan);
    const random = new Random(seed, "stream");
    const stream = new Stream(time, random, () => time.wall(), setup.nodes);
    this.#site = { seed, time, stream, setup, judge: this.judge };
    this.#hosts = Array.from({ length: setup.servers }, (_, place) => {
      return new ClusterHost(this.#site, `s${place}`);
    });
    const accounts = content.users.map((name) => ({
      ...{ name, isDoubtful: false, endedAt: Infinity },
    }));
    for (const { id, text, user } of content.keys) {
      const account = accounts.find(({ name }) => name === user)!;
      this.judge.credentials.push({
        ...{ kind: "key", id, token: text, account, madeAt: 0 },
        ...{ tries: 0, revokedAt: Infinity },
      });
    }
    this.#work = new ClusterWork({ time, judge: this.judge, accounts, setup });
  }

  async run(): Promise<void> {
    if (!await this.#fill()) return;
    for (const host of this.#hosts) host.start();
    if (!await this.#until(() => this.#areUp, START_MS, "servers start")) return;
    await this.#doSteps();
    await this.#settle();
    await this.#probe();
    await this.#compare();
    await this.#end();
  }

  get #areUp(): boolean {
    return this.#hosts.every(({ running }) => running !== undefined);
  }

  /** Accounts move in, as by `dari store migrate`. */
  async #fill(): Promise<boolean> {
    const { stream, setup, seed } = this.#site;
    const program = new Program("migrate");
    const log = new SimulatedLog({
      ...{ time: this.#time, stream, program, way: setup.way },
      random: new Random(seed, "migrate"),
    });
    let isDone = false;
    this.#time.after(0, "moves accounts in", async () => {
      const store = await openClusterStore({ log, key: RECORD_KEY, service: SERVICE });
      await store.batch(
        this.#content.entries.map(({ key, value }) => ({ kind: "put", key, value })),
      );
      await store.close();
      log.end();
      isDone = true;
    }, program);
    return await this.#until(() => isDone, START_MS, "accounts move in");
  }

  async #doSteps(): Promise<void> {
    const { steps, faults, lengthMs, seed, setup } = this.#plan;
    const { stream } = this.#site;
    const victims = {
      ...{ time: this.#time, stream, hosts: this.#hosts, skewMs: setup.skewMs },
      random: new Random(seed, "faults"),
    };
    for (const step of steps) {
      this.#time.after(step.atMs, `step ${step.id}`, () => {
        this.#work.perform(step, this.#hosts[Math.floor(step.server * this.#hosts.length)]!);
      });
    }
    for (const fault of faults) {
      this.#time.after(fault.atMs, `fault ${fault.id} begins`, () => {
        happenInCluster(fault, victims);
      });
    }
    const longestFaultMs = Math.max(0, ...faults.map(({ atMs, forMs }) => atMs + forMs));
    await this.#time.run(() => false, this.#time.now() + Math.max(lengthMs, longestFaultMs) + 1);
  }

  /** Nothing goes wrong any more, and what has begun ends. */
  async #settle(): Promise<void> {
    this.#site.stream.heal();
    for (const host of this.#hosts) {
      host.cut(false);
      host.thaw();
      host.start();
    }
    const isSettled = () => this.#work.underWay === 0 && this.#areUp;
    await this.#until(isSettled, SETTLE_MS, "steps end and servers are up");
  }

  /** Every server writes again. */
  async #probe(): Promise<void> {
    let ill = [...this.#hosts];
    for (let round = 0; round < PROBES.most && ill.length > 0; round++) {
      const before = this.judge.violations.length;
      const asked = ill.map((host, place) => {
        const id = FIRST_PROBE + round * this.#hosts.length + place;
        this.#work.perform({ id, kind: "ask", atMs: 0, server: 0, about: 0, amount: 0 }, host);
        return { host, id };
      });
      await this.#time.run(() => this.#work.underWay === 0, this.#time.now() + SETTLE_MS);
      ill = asked.filter(({ id }) => !this.judge.history.isAcknowledged(id)).map(({ host }) =>
        host
      );
      if (this.judge.violations.length > before) return;
      await this.#time.run(() => ill.length === 0, this.#time.now() + PROBES.pauseMs);
    }
    for (const { name } of ill) {
      this.judge.broke("the cluster recovers", `${name} writes nothing although nothing is wrong`);
    }
  }

  /** All servers, one that starts anew, and the log from its beginning say the same. */
  async #compare(): Promise<void> {
    const fresh = new ClusterHost(this.#site, "fresh");
    fresh.start();
    await this.#until(() => fresh.running !== undefined, START_MS, "a new server starts");
    const all = [...this.#hosts, fresh];
    const endsAt = this.#time.now() + AGREE_MS;
    const horizonMs = this.#time.wall() + 2 * this.#plan.setup.skewMs + 2 * AGREE_MS;
    let [different, lost]: (string | undefined)[] = ["no server runs"];
    let entries: readonly Entry[] = [];
    // What was used a moment ago is written a moment later.
    while ((different ?? lost) !== undefined && this.#time.now() < endsAt) {
      await this.#time.run(() => false, this.#time.now() + LOOK_MS);
      different = await compareAll(all, horizonMs);
      if (different !== undefined) continue;
      entries = await foldAll(this.#site.stream, horizonMs);
      lost = await compareAll(all, horizonMs, entries);
    }
    if (different !== undefined) return this.judge.broke("all servers have the same", different);
    lost ??= await checkSnapshots(this.#site.stream, horizonMs, entries);
    if (lost !== undefined) this.judge.broke("a snapshot loses nothing", lost);
    const byKey = new Map(entries.map((entry) => [entry.key, entry]));
    this.judge.history.check((key) => byKey.get(key));
    for (const name of this.judge.names) {
      const isThere = entries.some(({ key, value }) =>
        key.startsWith("account/") && JSON.parse(value).name === name
      );
      if (!isThere) this.judge.broke("no acknowledged write is lost", `${name} is not there`);
    }
    await this.#close([fresh]);
  }

  async #end(): Promise<void> {
    await this.#close(this.#hosts);
    if (await this.#time.run(() => this.#isEmpty(), this.#time.now() + REST_MS)) return;
    const left = Array.from(this.#time.pending(), ({ what, owner }) => `${owner?.name} ${what}`);
    this.judge.broke("nothing is left at rest", `waits never end: ${left.join(", ")}`);
  }

  async #close(hosts: readonly ClusterHost[]): Promise<void> {
    let open = hosts.length;
    for (const host of hosts) {
      this.#time.after(0, "closes", () => {
        void host.close().finally(() => open--);
      }, host.running?.program);
    }
    await this.#until(() => open === 0, SETTLE_MS, "servers close");
  }

  #isEmpty(): boolean {
    for (const { owner } of this.#time.pending()) if (owner?.isDead !== true) return false;
    return true;
  }

  async #until(isSo: () => boolean, withinMs: number, what: string): Promise<boolean> {
    if (await this.#time.run(isSo, this.#time.now() + withinMs)) return true;
    this.judge.broke("the cluster recovers", `within ${withinMs} ms not: ${what}`);
    return false;
  }
}
