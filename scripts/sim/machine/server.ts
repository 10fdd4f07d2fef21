/**
 * A server of the simulation: the real one, over a simulated disk and network.
 *
 * @module
 */

import { type Identity, openIdentity } from "../../../lib/auth/sign_in/identity.ts";
import { signIn } from "../../../lib/auth/sign_in/sign_in_client.ts";
// What a server with queues and jobs imports is loaded by then.
import "../../../lib/endpoint/messages/keep_messages.ts";
import "../../../lib/messages/embedded/jobs/embedded_jobs.ts";
import "../../../lib/messages/wire/job_methods.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { EmbeddedQueues } from "../../../lib/messages/embedded/embedded_queues.ts";
import type { RpcConnection } from "../../../lib/rpc/connection/rpc_connection.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import type { Server } from "../../../lib/rpc/server/server.ts";
import type { CallRecord } from "../../../lib/rpc/observer.ts";
import type { Store } from "../../../lib/store/store.ts";
import { jobMethodsOf } from "../messages/job.ts";
import type { Judge } from "../work/judge.ts";
import type { Credential } from "../work/operation.ts";
import type { Account } from "../work/accounts.ts";
import { methodsOf } from "../work/methods.ts";
import type { Setup } from "../work/plan.ts";
import { Random } from "../time/random.ts";
import { Program } from "../time/timeline.ts";
import type { VirtualTime } from "../time/virtual_time.ts";
import type { MachineClock } from "./clock.ts";
import type { Disk } from "./disk.ts";
import type { Network } from "./network.ts";

/** How long a server waits for running calls when it stops, in milliseconds. */
const DRAIN_MS = 1_000;

/** How often a server looks for messages of the others, in milliseconds. */
const POLL_MS = 500;

/** What all servers of a run share. */
export interface Site {
  readonly time: VirtualTime;
  readonly disk: Disk;
  /** What time it is to queues, jobs and topics. */
  readonly clock: MachineClock;
  readonly network: Network;
  readonly judge: Judge;
  readonly setup: Setup;
  /** The credentials by their accounts. */
  readonly credentials: ReadonlyMap<string, Credential>;
  /** What servers sign in as with each other. */
  readonly service: Account;
}

/** What one program has that serves. */
interface Running {
  readonly store: Store;
  readonly identity: Identity;
  readonly queues: EmbeddedQueues;
  readonly server: Server;
  /** Calls the next server. */
  readonly client: Client;
  /** Those that are open, by their ids. */
  readonly connections: Map<string, Abortable>;
}

/** What the server tells its observer of are its connections. */
type Abortable = Pick<RpcConnection, "abort">;

/** A place where a server runs: one program after another. */
export class ServerHost {
  readonly #site: Site;
  readonly #name: string;
  readonly address: string;
  #program: Program;
  #running: Running | undefined;
  /** From when on this server hears of changes in time: its start, or its last thaw. */
  #heardFrom = 0;
  #starts = 0;
  #isStopping = false;
  /** Whether nothing is started here any more. */
  #isRetired = false;
  /** The server that this one calls. */
  neighbour = "";

  /**
   * @param site What it shares with others.
   * @param name Its name in the trace.
   */
  constructor(site: Site, name: string) {
    this.#site = site;
    this.#name = name;
    this.address = `tcp://${name}:1`;
    this.#program = new Program(name);
    this.#program.isDead = true;
  }

  /** The program that runs here, or ran here last. */
  get program(): Program {
    return this.#program;
  }

  /** Whether it serves. */
  get isUp(): boolean {
    return this.#running !== undefined && !this.#program.isDead && !this.#isStopping;
  }

  /** Whether it was stopped and has not ended. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** The connections that it has open. */
  get connections(): number {
    return this.#running?.server.connections ?? 0;
  }

  /** Starts a program, where none runs and none is kept from it. */
  start(): void {
    if (!this.#program.isDead || this.#isRetired) return;
    const program = new Program(this.#name);
    this.#program = program;
    this.#isStopping = false;
    this.#running = undefined;
    this.#heardFrom = this.#site.time.now();
    this.#site.time.after(0, `starts ${++this.#starts}`, () => {
      this.#site.time.hold(this.#serve(program)); // it imports what has to do with queues
    }, program);
  }

  /** Ends the program in order, for good. */
  retire(): void {
    this.#isRetired = true;
    this.stop();
  }

  /** Ends the program in order. */
  stop(): void {
    const running = this.#running;
    if (running === undefined || !this.isUp) return;
    this.#isStopping = true;
    const program = this.#program;
    this.#site.time.after(0, "stops", async () => {
      await running.server.close(DRAIN_MS);
      await running.client.close();
      await running.queues[Symbol.asyncDispose]();
      await running.identity.flush();
      running.identity[Symbol.dispose]();
      await running.store.close();
      if (program.isDead) return; // it was killed meanwhile
      this.#site.time.note(`${this.#name} has ended`);
      this.#over(program);
    }, program);
  }

  /** Ends the program where it stands. */
  kill(hasPower: boolean): void {
    if (this.#program.isDead) return;
    this.#site.network.killed(this.#program, this.address, hasPower);
    for (const store of this.#site.disk.stores) {
      if (store.program === this.#program) this.#site.disk.stores.delete(store);
    }
    const running = this.#running;
    this.#over(this.#program);
    if (running === undefined) return;
    // What it had is gone. Nobody sees this, but the waits that programs share end with it.
    this.#site.time.actAs(this.#program);
    for (const connection of running.connections.values()) connection.abort("killed");
    running.identity[Symbol.dispose]();
    void running.queues[Symbol.asyncDispose]();
    void running.client.close();
  }

  freeze(): void {
    if (!this.#program.isDead) this.#site.time.freeze(this.#program);
  }

  thaw(): void {
    if (!this.#program.isFrozen) return;
    this.#heardFrom = this.#site.time.now();
    this.#site.time.thaw(this.#program);
  }

  #over(program: Program): void {
    program.isDead = true;
    program.isFrozen = false;
    this.#running = undefined;
    this.#isStopping = false;
  }

  async #serve(program: Program): Promise<void> {
    const { clock, disk, judge, network, setup, time } = this.#site;
    const store = disk.open(program);
    const queues = new EmbeddedQueues(store, { pollMs: POLL_MS, clock });
    clock.began();
    const random = new Random(this.#starts, this.#name, "jobs");
    const identity = await openIdentity(store, { policy: { public: [] } });
    const { maxConnectionAgeMs, maxConnectionAgeGraceMs, silence = {} } = setup;
    const connections: Running["connections"] = new Map();
    const client = this.#connectToNeighbour(program);
    const server = await serve({
      listen: network.listen(program, this.address),
      methods: {
        ...jobMethodsOf({
          now: () => time.now(),
          random,
          write: (line) => judge.messages.write(line),
        }),
        ...methodsOf({
          store,
          identity,
          opened: (id) => this.#site.judge.opened(`"count" ${id} on ${this.#name}`),
          relay: (method, params) => client.call(method, params),
          ran: (id, context) => {
            this.#checkCredential(
              context.principal?.name,
              `${this.#name} runs "${context.method}"`,
            );
            this.#site.judge.ran(id, this.#name);
          },
          mayRunAgain: (id) => this.#site.judge.mayRunAgain(id),
          revoking: (account) => {
            this.#site.credentials.get(account)!.isDoubtful = true;
          },
          revoked: (account) => {
            const credential = this.#site.credentials.get(account)!;
            credential.revokedAt = Math.min(credential.revokedAt, time.now());
          },
        }),
      },
      queues,
      log: (line) => time.note(`${this.#name}: ${line}`),
      gate: identity.gate,
      idempotency: { store, shared: true },
      observer: {
        callEnded: (call) => this.#callEnded(call),
        connectionOpened: (connection) =>
          connections.set(connection.id, connection as unknown as Abortable),
        connectionClosed: ({ id }) => connections.delete(id),
      },
      maxConnectionAgeMs,
      maxConnectionAgeGraceMs,
      maxCallsInFlight: setup.maxCallsInFlight.server,
      ...silence,
    });
    this.#running = { store, identity, queues, server, client, connections };
    time.note(`${this.#name} serves`);
  }

  /** It connects with the first call. */
  #connectToNeighbour(program: Program): Client {
    const { network, setup: { silence = {} }, service: { signIn: { apiKey = "" } } } = this.#site;
    return new Client({
      dial: (signal) => network.dial(program, this.neighbour, signal),
      signIn: async ({ call }) => void await signIn(call, { apiKey }),
      ...silence,
    });
  }

  #callEnded({ method, principal, errorCode, error }: CallRecord): void {
    if (errorCode === undefined && !method.startsWith("rpc.")) {
      this.#checkCredential(principal?.name, `${this.#name} answered "${method}"`);
    }
    if (errorCode === "internal") {
      this.#site.judge.broke("calls fail only for a reason", `"${method}" threw: ${error}`);
    }
  }

  #checkCredential(account: string | undefined, what: string): void {
    const credential = this.#site.credentials.get(account ?? "");
    if (credential !== undefined) this.#site.judge.served(credential, this.#heardFrom, what);
    else this.#site.judge.broke("no revoked credential is served", `${what} for ${account}`);
  }
}
