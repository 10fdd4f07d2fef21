/**
 * What a program follows of the stream, as far as its NATS server knows it.
 *
 * @module
 */

import { limits } from "../../../../lib/base/limits.ts";
import type { Random } from "../../time/random.ts";
import type { Program, Timeline } from "../../time/timeline.ts";
import type { KeptMessage, Reader, StreamNode } from "./node.ts";
import type { Stream } from "./stream.ts";

/** Whose subscription it is, and how it is reached. */
export interface Subscriber {
  readonly parts: {
    readonly time: Timeline;
    readonly random: Random;
    readonly stream: Stream;
    readonly program: Program;
    /** The share of deliveries that come twice. */
    readonly way: { readonly twice: number };
  };
  /** A NATS server that reaches it now. */
  pickNode(): StreamNode | undefined;
  /** Whether a NATS server reaches it. */
  reaches(node: StreamNode): boolean;
  /** How long something is on its way, in milliseconds. */
  delay(): number;
}

/** Messages in their order, from a NATS server that may end or be cut off. */
export class Subscription implements Reader, Disposable {
  readonly #to: Subscriber;
  readonly #take: (message: KeptMessage) => void;
  #last: number;
  #node: StreamNode | undefined;
  #isOnTheWay = false;
  #isOver = false;
  /** Since when nothing reaches the program. */
  #cutSince: number | undefined;

  /**
   * @param to Whose it is.
   * @param after The last message that is known.
   * @param take Takes each message.
   */
  constructor(to: Subscriber, after: number, take: (message: KeptMessage) => void) {
    this.#to = to;
    this.#last = after;
    this.#take = take;
    this.#begin();
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#node?.readers.delete(this);
  }

  /** The NATS server that delivers has ended: nothing more comes, and nobody says so. */
  lost(): void {
    this.#node = undefined;
  }

  wake(): void {
    const node = this.#node;
    if (this.#isOver || this.#isOnTheWay || node === undefined) return;
    const [next] = this.#nextOf(node);
    if (next !== undefined) this.#deliverLater(this.#to.delay());
  }

  #begin(): void {
    const { time, program } = this.#to.parts;
    if (this.#isOver || program.isDead) return;
    const node = this.#to.pickNode();
    if (node === undefined) {
      time.after(limits.storeTickMs, "follows", () => this.#begin(), program);
      return;
    }
    this.#node = node;
    node.readers.add(this);
    this.wake();
  }

  #deliverLater(ms: number): void {
    const { time, program } = this.#to.parts;
    this.#isOnTheWay = true;
    time.after(ms, "reads the stream", () => this.#deliver(), program);
  }

  #deliver(): void {
    const node = this.#node;
    const { time, random, way: { twice } } = this.#to.parts;
    this.#isOnTheWay = false;
    if (this.#isOver || node === undefined) return;
    if (!this.#to.reaches(node)) {
      this.#cutSince ??= time.now();
      // As a consumer that nobody has listened to for so long.
      if (time.now() - this.#cutSince >= limits.storeAskTimeoutMs) {
        node.readers.delete(this);
        this.#node = undefined;
      } else this.#deliverLater(limits.storeTickMs);
      return;
    }
    this.#cutSince = undefined;
    for (const message of this.#nextOf(node)) {
      if (this.#isOver) return;
      this.#last = message.sequence;
      if (typeof message.place === "object") continue;
      this.#take(message);
      if (twice > 0 && random.chance(twice)) this.#take(message);
    }
    this.wake();
  }

  *#nextOf(node: StreamNode): Generator<KeptMessage> {
    const { stream, program } = this.#to.parts;
    yield* stream.shownBy(node, this.#last);
    yield* stream.givenEarly(node, this.#last, program);
  }
}
