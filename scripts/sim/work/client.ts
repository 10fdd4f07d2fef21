/**
 * A client of the simulation: the real one, over a simulated network.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { connectBy } from "../../../lib/endpoint/connect_by.ts";
import type { Client } from "../../../lib/rpc/client/client.ts";
import { Random } from "../time/random.ts";
import { Program } from "../time/timeline.ts";
import type { Site } from "../machine/server.ts";
import type { Account } from "./accounts.ts";
import type { Credential, Operation } from "./judge.ts";
import type { Revocation, SimulatedMethods } from "./methods.ts";
import type { Step } from "./plan.ts";

/** How long a program waits before it tries again to connect, in milliseconds. */
const CONNECT_AGAIN_MS = 300;
/** How long a client goes on with a credential that was revoked, in milliseconds. */
const RENEW_MS = 1_500;
/** What a notification may take, which has no deadline of its own, in milliseconds. */
const NOTE_TIMEOUT_MS = 30_000;
/** How many counters the clients share. */
const COUNTERS = 4;
/** The most characters of text that is sent back and forth, for most calls and for a few. */
const SHORT_LENGTH = 300;
const LONG_LENGTH = 40_000;

/** A program that calls. */
export class SimulatedClient {
  readonly program: Program;
  readonly #site: Site;
  readonly #seed: number;
  readonly #accounts: readonly Account[];
  readonly #address: string;
  #client: Client<SimulatedMethods> | undefined;
  #generation = 0;
  #isClosed = false;
  /** Whether its credential is being revoked. */
  isRenewing = false;

  /**
   * @param site What it shares with others.
   * @param name Its name in the trace.
   * @param seed What it sends follows from it.
   * @param accounts What it signs in as, one after another.
   * @param address The server that it calls.
   */
  constructor(
    site: Site,
    name: string,
    seed: number,
    accounts: readonly Account[],
    address: string,
  ) {
    this.#site = site;
    this.program = new Program(name);
    this.#seed = seed;
    this.#accounts = accounts;
    this.#address = address;
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

  /** Whether it has another credential for the time after this one. */
  get canRenew(): boolean {
    return this.#generation + 1 < this.#accounts.length;
  }

  /** Connects, and again until that succeeds. */
  async connect(): Promise<void> {
    const { time, network, setup: { silence = {} } } = this.#site;
    const { name, signIn } = this.account;
    const generation = this.#generation;
    const isOver = () => this.#isClosed || this.#generation !== generation;
    try {
      const dial = (address: string, signal?: AbortSignal) =>
        network.dial(this.program, address, signal);
      const client = await connectBy<SimulatedMethods>(() => dial, this.#address, {
        ...signIn,
        ...silence,
        methods: { name: () => name },
      });
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
    await this.#client?.close();
  }

  /** Its credential is being revoked: after a while it signs in by another one. */
  renewLater(): void {
    this.isRenewing = true;
    this.#site.time.after(RENEW_MS, "takes another credential", async () => {
      const before = this.#client;
      this.isRenewing = false;
      this.#generation++;
      this.#client = undefined;
      await Promise.all([before?.close(), this.connect()]);
    }, this.program);
  }

  /** Does one step, where it is connected. */
  perform(step: Step, victim: Account): void {
    this.#site.time.after(0, `does ${step.kind} ${step.id}`, () => {
      const client = this.#client;
      if (client === undefined) return;
      const whole = step.kind === "note" ? { ...step, timeoutMs: NOTE_TIMEOUT_MS } : step;
      const operation = this.#site.judge.began(whole, this.program.name, this.credential);
      this.#run(client, operation, victim).then(
        () => this.#site.judge.acknowledged(operation),
        (error) => this.#site.judge.failed(operation, error),
      );
    }, this.program);
  }

  async #run(
    client: Client<SimulatedMethods>,
    operation: Operation,
    victim: Account,
  ): Promise<void> {
    const { step: { id, kind, amount, timeoutMs, isIdempotent, cancelAfterMs } } = operation;
    const { judge } = this.#site;
    const signal = cancelAfterMs === undefined ? undefined : this.#abortAfter(cancelAfterMs);
    const options = { timeoutMs, signal, ...(isIdempotent ? { idempotent: true } : {}) };
    const mine = (answer: { id: number }) => {
      if (answer?.id !== id) judge.mistook(operation, answer);
    };
    const register = `register/${this.program.name}`;
    switch (kind) {
      case "increment": {
        const counter = `counter/${Math.floor(amount * COUNTERS)}`;
        const answer = await client.call("increment", { id, counter }, options);
        mine(answer);
        return judge.counted(operation, counter, answer.count);
      }
      case "set":
        mine(await client.call("set", { id, register, value: id }, options));
        return judge.wrote(register, id);
      case "get": {
        const least = judge.written(register);
        const answer = await client.call("get", { id, register }, options);
        mine(answer);
        if (answer.value < least) judge.mistook(operation, `${answer.value} after ${least}`);
        return;
      }
      case "echo": {
        const params = { id, value: this.#valueOf(id) };
        const answer = await client.call("echo", params, options);
        try {
          assertEquals(answer, params);
        } catch {
          judge.mistook(operation, answer);
        }
        return;
      }
      case "wait":
        return mine(await client.call("wait", { id, ms: Math.floor(amount * 800) }, options));
      case "count":
        return await this.#count(client, operation, signal);
      case "note":
        return await client.notify("note", { id });
      case "ask": {
        const answer = await client.call("ask", { id }, options) as { id: number; name: string };
        mine(answer);
        if (!this.#accounts.some(({ name }) => name === answer.name)) {
          judge.mistook(operation, answer);
        }
        return;
      }
      case "revoke": {
        const revocation: Revocation = {
          id,
          account: victim.name,
          kind: victim.kind,
          key: victim.key,
        };
        return mine(await client.call("revoke", { ...revocation }, options));
      }
    }
  }

  /** Reads a stream to its end, or leaves it early. */
  async #count(
    client: Client<SimulatedMethods>,
    operation: Operation,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { step: { id, amount, timeoutMs } } = operation;
    const items = Math.floor(amount * 30);
    const params = { id, items, pauseMs: 1 + (id % 3) * 10 };
    const leavesAt = id % 4 === 0 ? Math.floor(items / 2) : Infinity;
    let next = 0;
    for await (const answer of client.stream("count", params, { timeoutMs, signal, credit: 4 })) {
      if (answer.id !== id || answer.item !== next) this.#site.judge.mistook(operation, answer);
      if (++next > leavesAt) return;
    }
    if (next !== items) this.#site.judge.mistook(operation, `${next} of ${items} items`);
  }

  #abortAfter(ms: number): AbortSignal {
    const controller = new AbortController();
    this.#site.time.after(
      ms,
      "gives up",
      () => controller.abort(new Error("enough")),
      this.program,
    );
    return controller.signal;
  }

  #valueOf(id: number): unknown {
    const random = new Random(this.#seed, "value", id);
    const length = random.whole(0, random.chance(0.1) ? LONG_LENGTH : SHORT_LENGTH);
    const text = random.pick(["x", "다리", "🌉\n"]).repeat(Math.ceil(length / 4));
    if (random.chance(0.5)) return text;
    const bytes = new Uint8Array(length);
    random.fill(bytes);
    return random.chance(0.5) ? bytes : { text, at: new Date(id * 1_000), bytes, big: 2n ** 70n };
  }
}
