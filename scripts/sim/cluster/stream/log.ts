/**
 * The log of a program of the simulation: its way to the stream and back, which may be slow, cut, or
 * lead to a NATS server that knows less than the others.
 *
 * @module
 */

import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import {
  type LogMessage,
  type LogPlace,
  NotAppended,
  type SharedLog,
} from "../../../../lib/cluster/log/log.ts";
import type { Random } from "../../time/random.ts";
import type { Program, Timeline } from "../../time/timeline.ts";
import type { KeptMessage, Proposal, StreamNode } from "./node.ts";
import type { Stream } from "./stream.ts";
import { Subscription } from "./subscription.ts";

/** How a program reaches the stream. */
export interface Way {
  readonly delayMs: number;
  readonly jitterMs: number;
  /** The most bytes of one message. */
  readonly maxMessageBytes: number;
  /** Whether what is sent while the way is cut waits for its end, as far as it is not lost. */
  readonly waitsWhileCut: boolean;
  /** The share of deliveries that come twice. */
  readonly twice: number;
}

/** What a log is made with. */
export interface LogParts {
  readonly time: Timeline;
  readonly random: Random;
  readonly stream: Stream;
  readonly program: Program;
  readonly way: Way;
}

/** How long it takes until a program is connected to another NATS server, in milliseconds. */
const RECONNECT_MS = [100, 1_500] as const;
/** The share of what is sent into a way that was just cut. */
const LOST_SHARE = 0.5;

/** A program's way to the stream. */
export class SimulatedLog implements SharedLog {
  readonly maxMessageBytes: number;
  readonly parts: LogParts;
  /** The NATS server to which this program is connected, or was. */
  node: StreamNode;
  #isCut = false;
  #lastAt = 0;
  /** What is sent once the way is there again. */
  #waiting: (() => void)[] = [];
  #isReconnecting = false;
  readonly #subscriptions = new Set<Subscription>();
  /** What was given here before anybody had agreed on it. */
  #early: KeptMessage[] = [];
  /** When the newest message was sent that came back. */
  freshAt = -Infinity;

  /** @param parts What it is made with. */
  constructor(parts: LogParts) {
    this.parts = parts;
    this.maxMessageBytes = parts.way.maxMessageBytes;
    this.node = parts.random.pick(parts.stream.nodes);
    this.#reconnect();
  }

  /** Whether bytes reach the program's NATS server, and come back. */
  get isConnected(): boolean {
    return !this.#isCut && this.node.isUp;
  }

  /** Cuts the way to the NATS servers, or mends it. */
  cut(isCut: boolean): void {
    this.#isCut = isCut;
    if (!isCut) this.#reconnect();
  }

  append(place: LogPlace, data: Uint8Array): Promise<void> {
    const { time, program } = this.parts;
    if (data.length > this.maxMessageBytes) {
      return Promise.reject(new RangeError("The message is too long"));
    }
    const message = { place, data: data.slice(), by: program, sentAt: time.now() };
    return this.#ask("appends", limits.storeWriteTimeoutMs, (agreed) => ({ ...message, agreed }));
  }

  follow(
    after: number,
    listener: (message: LogMessage) => void | Promise<void>,
  ): Disposable {
    const subscription = new Subscription(this, after, (message) => {
      void listener(message);
      this.#seen(message);
    });
    this.#subscriptions.add(subscription);
    return {
      [Symbol.dispose]: () => {
        subscription[Symbol.dispose]();
        this.#subscriptions.delete(subscription);
      },
    };
  }

  has(message: LogMessage): Promise<boolean> {
    return this.#askLeader((leader) => this.parts.stream.has(leader, message));
  }

  hasOnlyPieces(after: number, before: number): Promise<boolean> {
    const { stream } = this.parts;
    return this.#askLeader((leader) => {
      const shown = stream.shownBy(leader, after);
      return shown.filter(({ sequence }) => sequence < before)
        .every(({ place }) => typeof place === "object");
    });
  }

  /** Whether it was given what nobody agreed on, and has not read all anew since. */
  get isMisled(): boolean {
    const { kept } = this.parts.stream;
    return this.#early.some((message) => kept[message.sequence - 1] !== message);
  }

  /** The program has ended. */
  end(): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#subscriptions.clear();
    this.#waiting = [];
  }

  async *read(place: Exclude<LogPlace, "live">): AsyncGenerator<LogMessage> {
    const { stream, random } = this.parts;
    const at = this.pickNode();
    this.#early = [];
    await this.wait(this.delay());
    let last = 0;
    while (true) {
      if (at === undefined || !this.reaches(at)) {
        await this.wait(limits.storeAskTimeoutMs);
        throw noAnswer();
      }
      // What comes next is looked at anew: it may be removed meanwhile.
      const [next] = matching(stream.shownBy(at, last), place, 1);
      if (next === undefined) return;
      last = next.sequence;
      yield next;
      if (random.chance(0.05)) await this.wait(this.delay());
    }
  }

  ends(): Promise<{ first: number; last: number }> {
    const { stream } = this.parts;
    return this.#askLeader((leader) => ({
      first: stream.removedAt(leader) + 1,
      last: leader.shown,
    }));
  }

  remove(upTo: number): Promise<void> {
    return this.#ask("removes", limits.storeAskTimeoutMs, (agreed) => ({
      removesUpTo: upTo,
      agreed,
    }));
  }

  /** A NATS server that this program can reach now, through its own. */
  pickNode(): StreamNode | undefined {
    const { random, stream } = this.parts;
    const reached = stream.nodes.filter((node) => this.reaches(node));
    return reached.length === 0 ? undefined : random.pick(reached);
  }

  /** Whether a NATS server reaches this program. */
  reaches(node: StreamNode): boolean {
    return this.isConnected && this.parts.stream.links.has(node, this.node);
  }

  /** How long something is on its way, in milliseconds. */
  delay(): number {
    const { random, way: { delayMs, jitterMs } } = this.parts;
    return delayMs + random.whole(0, jitterMs);
  }

  /** Lets time pass for the program. */
  wait(ms: number): Promise<void> {
    const { time, program } = this.parts;
    return new Promise((resolve) => time.after(ms, "waits", resolve, program));
  }

  #seen(message: KeptMessage): void {
    const { by, sentAt, sequence } = message;
    if (by === this.parts.program) this.freshAt = Math.max(this.freshAt, sentAt);
    // Given again under the same number, the one before was not taken.
    this.#early = this.#early.filter((early) => early.sequence < sequence);
    if (this.parts.stream.kept[sequence - 1] !== message) this.#early.push(message);
  }

  async #askLeader<T>(answer: (leader: StreamNode) => T): Promise<T> {
    await this.wait(this.delay());
    const { leader } = this.parts.stream;
    if (leader === undefined || !this.reaches(leader)) {
      await this.wait(limits.storeAskTimeoutMs);
      throw noAnswer();
    }
    const answered = answer(leader);
    await this.wait(this.delay());
    return answered;
  }

  /** Sends a proposal, and waits for the word that it was agreed on. */
  #ask(
    what: string,
    timeoutMs: number,
    proposal: (agreed: () => void) => Proposal,
  ): Promise<void> {
    const { time, program, stream } = this.parts;
    return new Promise((resolve, reject) => {
      const forget = time.after(timeoutMs, `${what} too long`, () => reject(noAnswer()), program);
      const reply = (end: () => void) => {
        time.after(this.delay(), `hears that it ${what}`, () => {
          if (!this.isConnected) return; // the answer is lost
          forget();
          end();
        }, program);
      };
      this.#send(what, () => {
        const answer = stream.propose(this.node, proposal(() => reply(resolve)));
        if (answer === "nobody") reply(() => reject(new NotAppended("nobody leads the stream")));
      });
    });
  }

  /** Things arrive in the order in which they were sent. */
  #send(what: string, arrive: () => void): void {
    const { time, program, random, way } = this.parts;
    if (program.isDead) return;
    if (program.isFrozen) {
      time.after(0, what, () => this.#send(what, arrive), program);
      return;
    }
    if (!this.isConnected) {
      if (way.waitsWhileCut && !random.chance(LOST_SHARE)) {
        this.#waiting.push(() => this.#send(what, arrive));
      }
      this.#reconnect();
      return;
    }
    this.#lastAt = Math.max(this.#lastAt, time.now() + this.delay());
    time.after(this.#lastAt - time.now(), `${program.name} ${what}`, () => {
      if (this.isConnected) arrive();
    });
  }

  /** Connects to a NATS server that is up, and sends what has waited. */
  #reconnect(): void {
    const { time, program, random, stream } = this.parts;
    if (this.#isReconnecting || program.isDead) return;
    this.#isReconnecting = true;
    time.after(random.whole(...RECONNECT_MS), `${program.name} connects`, () => {
      this.#isReconnecting = false;
      if (program.isDead || this.#isCut) return;
      const up = stream.nodes.filter(({ isUp }) => isUp);
      if (up.length === 0) return this.#reconnect();
      if (!this.node.isUp) this.node = random.pick(up);
      for (const send of this.#waiting.splice(0)) send();
    });
  }
}

function matching(
  messages: Iterable<KeptMessage>,
  place: Exclude<LogPlace, "live">,
  most: number,
): KeptMessage[] {
  const found: KeptMessage[] = [];
  for (const message of messages) {
    if (!isSame(message.place, place)) continue;
    found.push(message);
    if (found.length === most) break;
  }
  return found;
}

function isSame(one: LogPlace, other: LogPlace): boolean {
  if (typeof one === "object") return typeof other === "object" && one.snapshot === other.snapshot;
  return one === other;
}

function noAnswer(): DariError {
  return new DariError("unavailable", "The NATS servers do not answer");
}
