/**
 * The streams of one program through one connection to NATS.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import { after } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";
import type { Bus, BusMessage } from "../bus/bus.ts";
import { kinds, worded } from "./frame.ts";
import { NatsStream } from "./nats_stream.ts";
import { WindowBudget } from "./window.ts";

/** Hears what comes for a stream that is not open yet. */
export type Expectation = (message: BusMessage) => void;

/** Hears what becomes of a stream. */
export interface StreamTold {
  /** Its first bytes have come. */
  readonly onFirst?: (() => void) | undefined;
  /** It is over. */
  readonly onOver?: (() => void) | undefined;
}

/**
 * Takes messages to their streams. Each stream has a subject of its own beneath the table's, which
 * nobody can guess.
 *
 * A subject is in `#streams` from when its stream is opened until that is over, or in `#expected` while
 * its stream is being opened, and never in both.
 */
export class StreamTable implements Disposable {
  readonly #bus: Bus;
  readonly #beneath: string;
  readonly #streams = new Map<string, NatsStream>();
  readonly #expected = new Map<string, Expectation>();
  readonly #budget = new WindowBudget();
  readonly #ends = new DisposableStack();
  readonly #onEmpty: () => void;
  #stopProbing = () => {};

  /**
   * @param bus What carries the messages.
   * @param beneath The subject beneath which the streams hear.
   * @param options Hears when the last stream is over, and when this program may not hear at all.
   */
  constructor(
    bus: Bus,
    beneath: string,
    { onEmpty = () => {}, onRefused }: {
      readonly onEmpty?: (() => void) | undefined;
      readonly onRefused?: ((reason: string) => void) | undefined;
    } = {},
  ) {
    this.#bus = bus;
    this.#beneath = beneath;
    this.#onEmpty = onEmpty;
    const listener = (message: BusMessage) => this.#take(message);
    this.#ends.use(bus.subscribe(`${beneath}.*`, listener, { onRefused }));
    this.#ends.use(bus.onLost((reason) => this.#failAll(reason)));
    this.#probe();
    this.#ends.defer(() => this.#stopProbing());
  }

  /** How many streams are open. */
  get size(): number {
    return this.#streams.size;
  }

  /** A subject for a new stream. */
  subject(): string {
    const id = encodeBase64Url(crypto.getRandomValues(new Uint8Array(limits.natsIdBytes)));
    return `${this.#beneath}.${id}`;
  }

  /**
   * Waits for the answer on a subject before its stream is open.
   *
   * @param subject The subject.
   * @param expectation Hears each message until {@linkcode open} or `forget`.
   */
  expect(subject: string, expectation: Expectation): void {
    this.#expected.set(subject, expectation);
  }

  /** Expects nothing more on a subject. */
  forget(subject: string): void {
    this.#expected.delete(subject);
    if (this.#streams.size === 0) this.#onEmpty();
  }

  /**
   * Opens a stream.
   *
   * @param from The subject that this end hears on, of {@linkcode subject}.
   * @param to The subject that the other end hears on.
   * @param told Called when its first bytes have come, and when it is over.
   */
  open(from: string, to: string, told: StreamTold = {}): NatsStream {
    this.#expected.delete(from);
    const onOver = () => {
      this.#streams.delete(from);
      told.onOver?.();
      if (this.#streams.size === 0) this.#onEmpty();
    };
    const parts = { bus: this.#bus, budget: this.#budget, from, to };
    const stream = new NatsStream({ ...parts, onOver, onFirst: told.onFirst });
    this.#streams.set(from, stream);
    return stream;
  }

  /** Hears nothing more; streams that are open fail. */
  [Symbol.dispose](): void {
    this.#ends.dispose();
    this.#failAll("this program closed its connection to NATS");
  }

  #take(message: BusMessage): void {
    const stream = this.#streams.get(message.subject);
    if (stream === undefined) return this.#takeEarly(message);
    if (message.isNobody) stream.fail("the other side is gone");
    else stream.take(message.data);
  }

  #takeEarly(message: BusMessage): void {
    const { subject, data, reply, isNobody } = message;
    const expectation = this.#expected.get(subject);
    if (expectation !== undefined) return expectation(message);
    // As TCP does: the other end must not wait for a stream that this program knows nothing of.
    if (!isNobody && reply !== "" && data[0] !== kinds.cut) {
      this.#bus.publish(reply, worded(kinds.cut, "the other side knows nothing of it any more"));
    }
  }

  #probe(): void {
    this.#stopProbing = after(limits.natsProbeMs, () => this.#probe(), { persistent: false });
    for (const stream of this.#streams.values()) stream.probe();
  }

  #failAll(reason: string): void {
    for (const stream of [...this.#streams.values()]) stream.fail(reason);
  }
}
