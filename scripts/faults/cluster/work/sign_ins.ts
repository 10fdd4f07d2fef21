/**
 * Sign-ins with right and wrong passwords at all servers at once, which lock accounts.
 *
 * @module
 */

import { DariError } from "../../../../lib/base/errors.ts";
import { judgeHistory } from "../../history/linearizable.ts";
import { attempt, lockoutModel, type SignInOutput } from "../../history/lockout_model.ts";
import type { Operation } from "../../history/operation.ts";
import { type Broken, failureOf, PASSWORD, type Work, type WorkParts } from "./work.ts";

/** How many accounts are tried at a time, and how often each is before another one takes its place. */
const WINDOW = 6, TRIES = 14;
/** So many sign-ins to an account are under way at a time. */
const MOST_UNDER_WAY = 4;
/** How many are made ready for a round. */
const ACCOUNTS = 150;
/** The share of wrong passwords. */
const WRONG = 0.85;

interface Tried {
  readonly name: string;
  readonly history: Operation<{ readonly isRight: boolean }, SignInOutput>[];
  begun: number;
  underWay: number;
}

/** The sign-ins. */
export class SignIns implements Work {
  readonly name = "sign-ins";
  readonly rate: number;
  readonly #parts: WorkParts;
  #accounts: Tried[] = [];

  /**
   * @param parts What they go through.
   * @param rate How many in a second.
   */
  constructor(parts: WorkParts, rate: number) {
    this.#parts = parts;
    this.rate = rate;
  }

  async prepare(): Promise<void> {
    const { round, clients: { local } } = this.#parts;
    this.#accounts = Array.from({ length: ACCOUNTS }, (_, number) => ({
      ...{ name: `${round}-tried-${number}`, history: [], begun: 0, underWay: 0 },
    }));
    for (const { name } of this.#accounts) {
      await local[0]!.call("create", { name, password: PASSWORD });
    }
  }

  async step(): Promise<void> {
    const { clients, random, journal } = this.#parts;
    const open = this.#accounts.filter(({ begun }) => begun < TRIES).slice(0, WINDOW);
    const free = open.filter(({ underWay }) => underWay < MOST_UNDER_WAY);
    if (free.length === 0) return;
    const tried = random.pick(free);
    const isRight = !random.chance(WRONG);
    const password = isRight ? PASSWORD : "wrong horse battery staple";
    const server = clients.any();
    const invokedAtMs = journal.now();
    tried.begun++;
    tried.underWay++;
    let output: SignInOutput | undefined, failure: string | undefined;
    try {
      await clients.signIn(server, { username: tried.name, password });
      output = "signed in";
    } catch (error) {
      if (error instanceof DariError && error.code === "unauthenticated") output = "refused";
      else failure = failureOf(error);
    }
    tried.underWay--;
    tried.history.push({ input: { isRight }, output, invokedAtMs, returnedAtMs: journal.now() });
    journal.add({ work: this.name, server, isWrite: true, invokedAtMs, failure });
  }

  judge(): Promise<Broken[]> {
    const promise = "counts of wrong passwords are linearizable";
    return Promise.resolve(this.#accounts.flatMap(({ name, history }) => {
      const judged = judgeHistory(lockoutModel, history.flatMap(attempt));
      if (judged.kind === "linearizable") return [];
      return [{ promise, what: `${name}: ${JSON.stringify({ ...judged, history })}` }];
    }));
  }
}
