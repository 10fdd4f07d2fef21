/**
 * Accounts that are made, disabled, enabled, removed and read at all servers at once.
 *
 * @module
 */

import { DariError } from "../../../../lib/base/errors.ts";
import {
  type AccountInput,
  accountModel,
  type AccountOutput,
} from "../../history/account_model.ts";
import { judgeHistory } from "../../history/linearizable.ts";
import type { Operation } from "../../history/operation.ts";
import {
  type Broken,
  failureOf,
  PASSWORD,
  stalenessBoundMs,
  type Trouble,
  type Work,
  type WorkParts,
} from "./work.ts";

/** How many accounts are worked on at a time. */
const WINDOW = 8;
/** How often each is, before another one takes its place. */
const OPERATIONS = 30;
const WEIGHTS: Readonly<Record<AccountInput, number>> = {
  ...{ create: 20, disable: 25, enable: 20, remove: 5, read: 30 },
};
/** So many are under way at a time. */
const MOST_UNDER_WAY = 4;

/** An operation with the server that was asked. */
type Done = Operation<AccountInput, AccountOutput>;

interface Changed {
  readonly name: string;
  readonly history: Done[];
  begun: number;
  underWay: number;
}

/** The changes. */
export class AccountChanges implements Work {
  readonly name = "account changes";
  readonly rate: number;
  readonly #parts: WorkParts;
  readonly #accounts: Changed[] = [];

  /**
   * @param parts What they go through.
   * @param rate How many in a second.
   */
  constructor(parts: WorkParts, rate: number) {
    this.#parts = parts;
    this.rate = rate;
  }

  async step(): Promise<void> {
    const { clients, random, journal } = this.#parts;
    const account = this.#pick();
    if (account === undefined) return;
    const input = account.history.length === 0 ? "create" : random.weighted(WEIGHTS);
    const server = clients.any();
    const invokedAtMs = journal.now();
    account.begun++;
    account.underWay++;
    let output: AccountOutput | undefined;
    let failure: string | undefined;
    try {
      output = await this.#carryOut(server, account.name, input);
    } catch (error) {
      // That there is none may be an old view; that the name is taken too, which is judged as a read.
      const code = error instanceof DariError ? error.code : "";
      if (code === "already_exists") output = "exists";
      else if (code !== "not_found") failure = failureOf(error);
    }
    account.underWay--;
    account.history.push({ input, output, invokedAtMs, returnedAtMs: journal.now() });
    const isWrite = output === "done" || (failure !== undefined && input !== "read");
    journal.add({ work: this.name, server, isWrite, invokedAtMs, failure });
  }

  async judge(trouble: Trouble): Promise<Broken[]> {
    const { clients: { local }, journal } = this.#parts;
    const promise = "accounts are linearizable";
    const broken: Broken[] = [];
    for (const { name, history } of this.#accounts) {
      const relaxed = history.map((done) => withStaleness(done, trouble));
      for (const server of local.keys()) {
        const invokedAtMs = journal.now();
        const output = await this.#carryOut(server, name, "read");
        relaxed.push({ input: "read", output, invokedAtMs, returnedAtMs: journal.now() });
      }
      const judged = judgeHistory(accountModel, relaxed);
      if (judged.kind === "linearizable") continue;
      broken.push({ promise, what: `${name}: ${JSON.stringify({ ...judged, relaxed })}` });
    }
    return broken;
  }

  #pick(): Changed | undefined {
    const open = this.#accounts.filter(({ begun }) => begun < OPERATIONS);
    if (open.length >= WINDOW) {
      const free = open.filter(({ underWay }) => underWay < MOST_UNDER_WAY);
      return free.length > 0 ? this.#parts.random.pick(free) : undefined;
    }
    const name = `${this.#parts.round}-changed-${this.#accounts.length}`;
    const account: Changed = { name, history: [], begun: 0, underWay: 0 };
    this.#accounts.push(account);
    return account;
  }

  async #carryOut(server: number, name: string, input: AccountInput): Promise<AccountOutput> {
    const client = this.#parts.clients.local[server]!;
    if (input === "read") return await client.call("read", { name });
    if (input === "create") await client.call("create", { name, password: PASSWORD });
    else if (input === "remove") await client.call("remove", { name });
    else await client.call(`rpc.accounts.${input}`, { account: name });
    return "done";
  }
}

/** What a server reads may be as old as is documented: it may have been true that long before. */
function withStaleness(done: Done, trouble: Trouble): Done {
  if (done.input !== "read" && done.output !== "exists") return done;
  const invokedAtMs = done.invokedAtMs - stalenessBoundMs(trouble, done.invokedAtMs);
  return { ...done, invokedAtMs };
}
