/**
 * One run of a plan, from the start of its servers to the rest at its end.
 *
 * @module
 */

import { MachineClock } from "./machine/clock.ts";
import type { Outcome } from "./outcome.ts";
import { Disk } from "./machine/disk.ts";
import { Network } from "./machine/network.ts";
import { ServerHost, type Site } from "./machine/server.ts";
import { watchErrors } from "./time/errors.ts";
import { replaceGlobals } from "./time/globals.ts";
import { Random } from "./time/random.ts";
import { Trace } from "./time/trace.ts";
import { VirtualTime } from "./time/virtual_time.ts";
import { type Account, type Accounts, sharedAccounts } from "./work/accounts.ts";
import { SimulatedClient } from "./work/client.ts";
import { happen, startOnceOver } from "./work/faults.ts";
import { Judge } from "./work/judge.ts";
import type { Credential, Promised } from "./work/operation.ts";
import type { Plan, Step, StepKind } from "./work/plan.ts";
import { probe, PROBE_MS } from "./work/probe.ts";

/** What a run may be asked for. */
export interface RunOptions {
  /** Whether to keep what happened as lines. */
  readonly keepsTrace?: boolean;
}

/** How long servers and clients may take to come up, in milliseconds. */
const START_MS = 20_000;
/** How long calls may take to end once nothing goes wrong any more: the longest deadline and more. */
const SETTLE_MS = 40_000;
/** How many such calls may fail. */
const PROBES = 6;
/** The number of the first such call: beyond those of all steps. */
const FIRST_PROBE = 1_000_000;
/** The number of the first step that works messages off. */
const FIRST_WORK = 2_000_000;
/** How long what is left in queues may take once nothing goes wrong, in milliseconds. */
const WORK_OFF_MS = 10 * 60_000;
/** How long everything may take to end, in milliseconds. */
const END_MS = 30_000;
/** How long what is on its way may take after that, in milliseconds. */
const QUIET_MS = 2_000;
/** How long waits that are shared may go on after everything has ended, in milliseconds. */
const REST_MS = 10 * 60_000;

/**
 * Runs a plan.
 *
 * @param plan The plan.
 * @param options What is wanted.
 * @returns How it ended; for the same plan and the same code always the same.
 */
export async function runPlan(plan: Plan, options: RunOptions = {}): Promise<Outcome<Promised>> {
  const accounts = await sharedAccounts();
  const trace = new Trace(options.keepsTrace ?? false);
  const time = new VirtualTime(trace);
  using _globals = await replaceGlobals(time, new Random(plan.seed, "chance"));
  using world = new World(plan, time, accounts);
  using _watch = watchErrors((error) => {
    world.judge.broke("no error is left to nobody", String(error));
  });
  await world.run();
  return { violations: world.judge.violations, hash: trace.end(), lines: trace.lines };
}

/** Everything of one run. */
class World implements Disposable {
  readonly #plan: Plan;
  readonly #time: VirtualTime;
  readonly site: Site;
  readonly judge: Judge;
  readonly #servers: readonly ServerHost[];
  readonly #clients: readonly SimulatedClient[];
  readonly #admin: SimulatedClient;

  constructor(plan: Plan, time: VirtualTime, accounts: Accounts) {
    this.#plan = plan;
    this.#time = time;
    const { seed, setup } = plan;
    const network = new Network(time, seed);
    network.weather = setup.weather;
    network.onDialled = () => time.imports();
    const disk = new Disk(time, new Random(seed, "disk"), () => time.wall(), accounts.disk);
    const clock = new MachineClock(time);
    this.judge = new Judge({ time, disk, clock, isCalm: plan.isCalm });
    const credentials = new Map<string, Credential>(
      [accounts.admin, accounts.service, ...accounts.users.flat()].map(({ name }) => {
        return [name, { account: name, isDoubtful: false, revokedAt: Infinity }];
      }),
    );
    const { service } = accounts;
    this.site = { time, disk, clock, network, judge: this.judge, setup, credentials, service };
    const range = (count: number) => Array.from({ length: count }, (_, place) => place);
    this.#servers = range(setup.servers).map((place) => new ServerHost(this.site, `s${place}`));
    this.#servers.forEach((server, place) => {
      server.neighbour = this.#servers[(place + 1) % setup.servers]!.address;
    });
    const client = (name: string, own: readonly Account[], place: number) => {
      const servers = setup.choice.isSpread
        ? this.#servers
        : [this.#servers[place % setup.servers]!];
      const addresses = servers.map(({ address }) => address);
      return new SimulatedClient(this.site, name, own, addresses);
    };
    this.#clients = range(setup.clients).map((place) => {
      return client(`c${place}`, accounts.users[place]!, place);
    });
    this.#admin = client("admin", [accounts.admin], 0);
  }

  async run(): Promise<void> {
    if (!await this.#start()) return;
    await this.#work();
    await this.#settle();
    await this.#probe();
    await this.#workOff();
    await this.#end();
    this.judge.checkDisk();
  }

  [Symbol.dispose](): void {
    this.site.disk[Symbol.dispose]();
  }

  get #everyClient(): readonly SimulatedClient[] {
    return [...this.#clients, this.#admin];
  }

  async #start(): Promise<boolean> {
    for (const server of this.#servers) server.start();
    await this.#until(() => this.#servers.every(({ isUp }) => isUp), START_MS, "servers start");
    for (const client of this.#everyClient) {
      this.#time.after(0, "connects", () => void client.connect(), client.program);
    }
    const areReady = () => this.#everyClient.every(({ isReady }) => isReady);
    return await this.#until(areReady, START_MS, "clients connect");
  }

  async #work(): Promise<void> {
    const { steps, faults, lengthMs } = this.#plan;
    const victims = {
      ...this.site,
      servers: this.#servers,
      clients: this.#everyClient,
    };
    for (const step of steps) {
      this.#time.after(step.atMs, `step ${step.id}`, () => this.#take(step));
    }
    for (const fault of faults) {
      this.#time.after(fault.atMs, `fault ${fault.id} begins`, () => happen(fault, victims));
    }
    const longestFaultMs = Math.max(0, ...faults.map(({ atMs, forMs }) => atMs + forMs));
    await this.#time.run(() => false, this.#time.now() + Math.max(lengthMs, longestFaultMs) + 1);
  }

  #take(step: Step): void {
    const client = this.#clients[step.client]!;
    if (step.kind === "leave") return client.leave();
    if (step.kind !== "revoke") return client.perform(step, client.account);
    // The last credential of a client stays good.
    if (!client.canRenew || client.isRenewing) return;
    this.#admin.perform(step, client.account);
    client.renewLater();
  }

  /** Nothing goes wrong any more, and what has begun ends. */
  async #settle(): Promise<void> {
    for (const client of this.#everyClient) client.thaw();
    for (const server of this.#servers) {
      server.thaw();
      startOnceOver(server, this.#time);
    }
    const isSettled = () =>
      this.judge.underWay === 0 && this.#servers.every(({ isUp }) => isUp) &&
      this.#clients.every(({ isReady, isRenewing }) => isReady && !isRenewing);
    if (await this.#time.run(isSettled, this.#time.now() + SETTLE_MS)) return;
    for (const { state, step, client } of this.judge.operations.values()) {
      if (state !== "under way") continue;
      this.judge.broke(
        "every call ends by its deadline",
        `${step.kind} ${step.id} of ${client.name} never ended`,
      );
    }
    for (const { isUp, address } of this.#servers) {
      if (!isUp) this.judge.broke("the system recovers", `${address} is not up again`);
    }
    for (const { isReady, program } of this.#clients) {
      if (!isReady) this.judge.broke("the system recovers", `${program.name} cannot connect`);
    }
  }

  /** Every client gets an answer again. */
  async #probe(): Promise<void> {
    const ill = new Map(this.#clients.map((client, place) => [client, place]));
    for (let round = 0; round < PROBES && ill.size > 0; round++) {
      const calls = new Map<number, SimulatedClient>();
      for (const [client, place] of ill) {
        const id = FIRST_PROBE + round * this.#clients.length + place;
        calls.set(id, client);
        client.perform(probe(id, place), client.account);
      }
      const isOver = () => [...calls.keys()].every((id) => this.judge.hasEnded(id));
      await this.#time.run(isOver, this.#time.now() + PROBE_MS + 1_000);
      for (const [id, client] of calls) if (this.judge.isAcknowledged(id)) ill.delete(client);
    }
    for (const { program } of ill.keys()) {
      this.judge.broke(
        "the system recovers",
        `${program.name} gets no answer although nothing is wrong`,
      );
    }
  }

  /** Every message and job is done, or a dead letter, and every reader has read everything. */
  async #workOff(): Promise<void> {
    const endsAt = this.#time.now() + WORK_OFF_MS;
    this.site.clock.catchUp();
    for (let id = FIRST_WORK;;) {
      const { left, unread } = this.judge.messages;
      if (left + unread === 0) return;
      const kinds: StepKind[] = [
        ...(left > 0 ? ["workOnMessage", "shareEvents"] as const : []),
        ...(unread > 0 ? ["followEvents"] as const : []),
      ];
      const begun: number[] = [];
      for (const [place, client] of this.#clients.entries()) {
        for (const kind of kinds) {
          begun.push(id);
          client.perform(probe(id++, place, kind), client.account);
        }
      }
      const isOver = () => begun.every((id) => this.judge.hasEnded(id));
      await this.#time.run(isOver, this.#time.now() + PROBE_MS + 1_000);
      if (this.#time.now() < endsAt) continue;
      const what = `${left} messages and jobs are left, and ${unread} are unread`;
      return this.judge.broke("everything ends", what);
    }
  }

  /** Everything ends, and nothing is left of it. */
  async #end(): Promise<void> {
    let open = this.#everyClient.length;
    for (const client of this.#everyClient) {
      this.#time.after(0, "closes", () => void client.close().then(() => open--), client.program);
    }
    await this.#until(() => open === 0, END_MS, "clients close");
    for (const server of this.#servers) server.retire();
    await this.#until(() => this.#servers.every((s) => s.program.isDead), END_MS, "servers stop");
    await this.#time.run(() => this.#leftovers().length === 0, this.#time.now() + QUIET_MS);
    for (const left of new Set(this.#leftovers())) {
      this.judge.broke("nothing is left at rest", left);
    }
    if (await this.#time.run(() => this.#isEmpty(), this.#time.now() + REST_MS)) return;
    const names = Array.from(
      this.#time.pending(),
      ({ what, owner, at }) => `${owner?.name} ${what} at ${at}`,
    );
    this.judge.broke("nothing is left at rest", `waits never end: ${names.join(", ")}`);
  }

  #isEmpty(): boolean {
    for (const _ of this.#time.pending()) return false;
    return true;
  }

  /** What keeps the programs from ending. */
  #leftovers(): string[] {
    const { network, disk } = this.site;
    const events = [...this.#time.pending()].filter(({ owner, isPersistent, what }) =>
      isPersistent && owner?.isDead !== true && !what.startsWith("fault")
    );
    return [
      ...events.map(({ owner, what }) => `${owner?.name ?? "the world"} waits: ${what}`),
      ...[...network.openEnds].map(({ program }) => `${program.name} has a connection open`),
      ...[...this.judge.openStreams.keys()].map((what) => `${what} was not let go`),
      ...[...disk.stores].map(({ program }) => `${program.name} has the store open`),
    ];
  }

  async #until(isSo: () => boolean, withinMs: number, what: string): Promise<boolean> {
    if (await this.#time.run(isSo, this.#time.now() + withinMs)) return true;
    this.judge.broke("the system recovers", `within ${withinMs} ms not: ${what}`);
    return false;
  }
}
