/**
 * What a client calls, and what it expects of the answer.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Client } from "../../../lib/rpc/client/client.ts";
import { Random } from "../time/random.ts";
import { MessageCalls } from "../messages/calls.ts";
import type { Line } from "../messages/lines.ts";
import { TopicCalls } from "../messages/topic_calls.ts";
import type { Program, Timeline } from "../time/timeline.ts";
import type { Account } from "./accounts.ts";
import type { Judge } from "./judge.ts";
import { named, type Operation } from "./operation.ts";
import type { SimulatedMethods } from "./methods.ts";

/** What a call is made with. */
export interface CallParts {
  readonly client: Client<SimulatedMethods>;
  readonly operation: Operation;
  readonly judge: Judge;
  readonly time: Timeline;
  /** The program that calls. */
  readonly program: Program;
  /** The API key that is sent along; `undefined` where the connection is signed in. */
  readonly auth: string | undefined;
  /** The names that the program has, one after another. */
  readonly names: readonly string[];
  /** Whose credential is revoked, where that is what is called. */
  readonly victim: Account;
}

/** How many counters the clients share. */
const COUNTERS = 4;
/** The most characters of text that is sent back and forth, for most calls and for a few. */
const SHORT_LENGTH = 300;
const LONG_LENGTH = 15_000;

/** One call. */
export class Call {
  readonly #parts: CallParts;
  readonly #signal: AbortSignal | undefined;

  /** @param parts What it is made with. */
  constructor(parts: CallParts) {
    this.#parts = parts;
    const { cancelAfterMs } = parts.operation.step;
    if (cancelAfterMs !== undefined) this.#signal = this.#abortAfter(cancelAfterMs);
  }

  /** Makes it; rejects with its error. */
  async run(): Promise<void> {
    const { client, operation, judge, program, names, victim } = this.#parts;
    const { id, kind, amount } = operation.step;
    const counter = `counter/${Math.floor(amount * COUNTERS)}`;
    const register = `register/${program.name}`;
    const options = this.#options();
    switch (kind) {
      case "increment":
      case "relay": {
        const answer = this.#own(await client.call(kind, { id, counter }, options));
        return judge.counted(operation, counter, answer.count);
      }
      case "set":
        this.#own(await client.call("set", { id, register, value: id }, options));
        return judge.wrote(register, id);
      case "get": {
        const least = judge.written(register);
        const { value } = this.#own(await client.call("get", { id, register }, options));
        if (value < least) judge.mistook(operation, `${value} after ${least}`);
        return;
      }
      case "wait":
        return void this.#own(
          await client.call("wait", { id, ms: Math.floor(amount * 800) }, options),
        );
      case "note":
        return await client.notify("note", { id });
      case "ask": {
        const { name } = this.#own(await client.call("ask", { id }, options));
        if (!names.includes(String(name))) judge.mistook(operation, name);
        return;
      }
      case "revoke": {
        const { name: account, kind, key = "" } = victim;
        return void this.#own(await client.call("revoke", { id, account, kind, key }, options));
      }
      case "echo":
        return await this.#echo();
      case "count":
        return await this.#count();
      case "sum":
        return await this.#sum();
      case "keyed":
        return await this.#keyed(counter);
      case "putMessage":
        return await this.#messages().put();
      case "workOnMessage":
        return await this.#messages().work();
      case "enqueueJob":
        return await this.#messages().enqueue();
      case "publishEvent":
        return await this.#events().publish();
      case "shareEvents":
        return await this.#events().share();
      case "followEvents":
        return await this.#events().follow();
      case "leave":
        throw new Error("Leaving is no call");
    }
  }

  /** Calls twice with one key: both get the answer of the one call that ran. */
  async #keyed(counter: string): Promise<void> {
    const { client, operation, judge, time } = this.#parts;
    const { step: { id, timeoutMs }, beganAt } = operation;
    const call = (timeoutMs: number) =>
      client.call("increment", { id, counter }, {
        ...this.#options(),
        idempotent: undefined,
        idempotencyKey: `key-${id}`,
        timeoutMs,
      });
    const first = await call(timeoutMs / 2).catch((error) => error as Error);
    const leftMs = beganAt + timeoutMs - time.now();
    if (leftMs <= 0 && first instanceof Error) throw first;
    const second = this.#own(
      leftMs <= 0 ? first as { id: number; count: number } : await call(leftMs),
    );
    judge.counted(operation, counter, second.count);
    if (first instanceof Error || first.count === second.count) return;
    const counts = `${first.count} and then ${second.count}`;
    judge.broke("no key is answered two ways", `${named(operation)} got ${counts}`);
  }

  /** What it does with queues and jobs. */
  #messages(): MessageCalls {
    return new MessageCalls(this.#messageParts());
  }

  /** What it does with a topic. */
  #events(): TopicCalls {
    const { judge, program } = this.#parts;
    const reader = judge.messages.readerOf(program.name);
    return new TopicCalls({ ...this.#messageParts(), reader });
  }

  #messageParts() {
    const { client, operation: { step: { id, timeoutMs }, beganAt }, auth } = this.#parts;
    const { judge, time } = this.#parts;
    return {
      ...{ client, id, endsAt: beganAt + timeoutMs },
      options: { auth, signal: this.#signal },
      now: () => time.now(),
      pause: (ms: number) => this.#pause(ms),
      write: (line: Line) => judge.messages.write(line),
    };
  }

  #options() {
    const { operation: { step: { timeoutMs, isIdempotent } }, auth } = this.#parts;
    return { timeoutMs, signal: this.#signal, auth, idempotent: isIdempotent };
  }

  /** The answer, which must be that of this call. */
  #own<T extends { readonly id: number }>(answer: T): T {
    const { operation, judge } = this.#parts;
    if (answer?.id !== operation.step.id) judge.mistook(operation, answer);
    return answer;
  }

  /** Gets back what it sent. */
  async #echo(): Promise<void> {
    const { client, operation, judge } = this.#parts;
    const { id } = operation.step;
    const params = { id, value: valueOf(new Random(id, "value"), id) };
    const answer = await client.call("echo", params, this.#options());
    try {
      assertEquals(answer, params);
    } catch {
      judge.mistook(operation, answer);
    }
  }

  /** Reads a stream to its end, or leaves it early. */
  async #count(): Promise<void> {
    const { client, operation, judge } = this.#parts;
    const { id, amount } = operation.step;
    const items = Math.floor(amount * 30);
    const params = { id, items, pauseMs: 1 + (id % 3) * 10 };
    const leavesAt = id % 4 === 0 ? Math.floor(items / 2) : Infinity;
    let next = 0;
    for await (const answer of client.stream("count", params, { ...this.#options(), credit: 4 })) {
      if (answer.id !== id || answer.item !== next) judge.mistook(operation, answer);
      if (++next > leavesAt) return;
    }
    if (next !== items) judge.mistook(operation, `${next} of ${items} items`);
  }

  /** Sends a stream. */
  async #sum(): Promise<void> {
    const { client, operation, judge } = this.#parts;
    const { id, amount } = operation.step;
    const last = Math.floor(amount * 40);
    const numbers = this.#numbers(last, id % 3);
    const { sum } = this.#own(await client.call("sum", { id, numbers }, this.#options()));
    if (sum !== last * (last + 1) / 2) judge.mistook(operation, `${sum} as the sum to ${last}`);
  }

  /** The numbers up to the last one, with a pause before each. */
  async *#numbers(last: number, pauseMs: number): AsyncGenerator<number> {
    const { operation, judge, program } = this.#parts;
    const letGo = judge.opened(`"sum" ${operation.step.id} of ${program.name}`);
    try {
      for (let number = 1; number <= last; number++) {
        if (pauseMs > 0) await this.#pause(pauseMs);
        yield number;
      }
    } finally {
      letGo();
    }
  }

  #pause(ms: number): Promise<void> {
    const { time, program } = this.#parts;
    return new Promise((resolve) => time.after(ms, "goes on", resolve, program));
  }

  #abortAfter(ms: number): AbortSignal {
    const { time, program } = this.#parts;
    const controller = new AbortController();
    time.after(ms, "gives up", () => controller.abort(new Error("enough")), program);
    return controller.signal;
  }
}

/** Text, bytes, or values that JSON does not carry. */
function valueOf(random: Random, id: number): unknown {
  const length = random.whole(0, random.chance(0.1) ? LONG_LENGTH : SHORT_LENGTH);
  const text = random.pick(["x", "다리", "🌉\n"]).repeat(Math.ceil(length / 4));
  if (random.chance(0.5)) return text;
  const bytes = new Uint8Array(length);
  random.fill(bytes);
  return random.chance(0.5) ? bytes : { text, at: new Date(id * 1_000), bytes, big: 2n ** 70n };
}
