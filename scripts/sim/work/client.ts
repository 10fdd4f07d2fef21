/**
 * A client of the simulation: the real one, over a simulated network.
 *
 * @module
 */

import { connectBy } from "../../../lib/endpoint/connect_by.ts";
import type { Client } from "../../../lib/rpc/client/client.ts";
import { Program } from "../time/timeline.ts";
import type { Site } from "../machine/server.ts";
import type { Account } from "./accounts.ts";
import { Call } from "./call.ts";
import type { Credential } from "./operation.ts";
import type { SimulatedMethods } from "./methods.ts";
import type { Step } from "./plan.ts";

/** How long a program waits before it tries again to connect, in milliseconds. */
const CONNECT_AGAIN_MS = 300;
/** How long a client goes on with a credential that was revoked, in milliseconds. */
const RENEW_MS = 1_500;
/** What a notification may take, which has no deadline of its own, in milliseconds. */
const NOTE_TIMEOUT_MS = 30_000;

/** A program that calls. */
export class SimulatedClient {
  readonly program: Program;
  readonly #site: Site;
  readonly #accounts: readonly Account[];
  readonly #addresses: readonly string[];
  #client: Client<SimulatedMethods> | undefined;
  #generation = 0;
  /** Attempts to connect: nothing ends one but its time. */
  readonly #attempts = new Set<Promise<void>>();
  #isClosed = false;
  /** Whether its credential is being revoked. */
  isRenewing = false;

  /**
   * @param site What it shares with others.
   * @param name Its name in the trace.
   * @param accounts What it signs in as, one after another.
   * @param addresses The servers that it calls.
   */
  constructor(
    site: Site,
    name: string,
    accounts: readonly Account[],
    addresses: readonly string[],
  ) {
    this.#site = site;
    this.program = new Program(name);
    this.#accounts = accounts;
    this.#addresses = addresses;
  }

  /** Whether it has connected once. */
  get isReady(): boolean {
    return this.#client !== undefined;
  }

  /** What it signs in as now. */
  get account(): Account {
    return this.#accounts[this.#generation]!;
  }

  /** Its credential, and whether it is good. */
  get credential(): Credential {
    return this.#site.credentials.get(this.account.name)!;
  }

  /** Whether it sends its key with each call, over a connection that nobody has signed in. */
  get #sendsKey(): boolean {
    return this.#site.setup.sendsKeys && this.account.kind === "key";
  }

  /** Whether it has another credential for the time after this one. */
  get canRenew(): boolean {
    return this.#generation + 1 < this.#accounts.length;
  }

  /** Connects, and again until that succeeds. */
  async connect(): Promise<void> {
    const attempt = this.#connect();
    this.#attempts.add(attempt);
    await attempt;
    this.#attempts.delete(attempt);
  }

  async #connect(): Promise<void> {
    const { time, network, setup: { silence = {}, maxCallsInFlight, choice } } = this.#site;
    const { name, signIn } = this.account;
    const generation = this.#generation;
    const isOver = () => this.#isClosed || this.#generation !== generation;
    try {
      const dial = (address: string, signal?: AbortSignal) =>
        network.dial(this.program, address, signal);
      const client = await connectBy<SimulatedMethods>(
        { createDial: () => dial },
        this.#addresses,
        {
          ...(this.#sendsKey ? {} : signIn),
          ...silence,
          lazy: choice.isLazy,
          waitForReady: choice.waitsForReady,
          connections: { max: choice.maxConnections },
          maxCallsInFlight: maxCallsInFlight.client,
          methods: { name: () => name },
        },
      );
      if (isOver()) return await client.close();
      this.#client = client;
      time.note(`${this.program.name} has connected as ${name}`);
    } catch (error) {
      time.note(`${this.program.name} did not connect: ${error}`);
      if (isOver()) return;
      const again = () => isOver() ? undefined : void this.connect();
      time.after(CONNECT_AGAIN_MS, "connects again", again, this.program);
    }
  }

  /** Ends for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#client?.close(), ...this.#attempts]);
  }

  /** Its credential is being revoked: after a while it signs in by another one. */
  renewLater(): void {
    this.isRenewing = true;
    this.#site.time.after(RENEW_MS, "takes another credential", async () => {
      const before = this.#client;
      this.isRenewing = false;
      this.#generation++;
      this.#client = undefined;
      this.#site.judge.left(this.program);
      await Promise.all([before?.close(), this.connect()]);
    }, this.program);
  }

  /** Ends its connections in the middle of everything, and begins again. */
  leave(): void {
    this.#site.time.after(0, "leaves", async () => {
      const before = this.#client;
      if (before === undefined) return;
      this.#client = undefined;
      this.#site.judge.left(this.program);
      await Promise.all([before.close(), this.connect()]);
    }, this.program);
  }

  freeze(): void {
    this.#site.time.freeze(this.program);
  }

  thaw(): void {
    if (!this.program.isFrozen) return;
    this.#site.time.thaw(this.program);
    this.#site.judge.thawed(this.program);
  }

  /** Does one step, where it is connected. */
  perform(step: Step, victim: Account): void {
    this.#site.time.after(0, `does ${step.kind} ${step.id}`, () => {
      const client = this.#client;
      if (client === undefined) return;
      const { judge, time } = this.#site;
      const whole = step.kind === "note" ? { ...step, timeoutMs: NOTE_TIMEOUT_MS } : step;
      const operation = judge.began(whole, this.program, this.credential);
      const auth = this.#sendsKey ? this.account.signIn.apiKey : undefined;
      const names = this.#accounts.map(({ name }) => name);
      new Call({ client, operation, judge, time, program: this.program, auth, names, victim }).run()
        .then(() => judge.acknowledged(operation), (error) => judge.failed(operation, error));
    }, this.program);
  }
}
