/**
 * Messages of a stream, delivered in order by a consumer that lives as long as they are wanted.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";
import type { Bus, BusMessage } from "../bus/bus.ts";
import type { JetStreamAnswer, JetStreamApi } from "./jetstream_api.ts";
import type { LogMessage } from "./log.ts";

/** What is delivered, and to whom. */
export interface DeliveryOptions {
  /** The connection to NATS. */
  readonly bus: Bus;
  /** Asks JetStream. */
  readonly api: JetStreamApi;
  /** The name of the stream. */
  readonly stream: string;
  /** The subjects. */
  readonly filter: string;
  /** The last message that is known. */
  readonly after: number;
  /** Takes each message; what the stream sends faster waits. */
  readonly onMessage: (message: LogMessage) => void | Promise<void>;
  /** Hears that everything was delivered that the stream had. */
  readonly onWhole?: () => void;
  /** Hears that nothing came for too long. */
  readonly onSilent?: () => void;
}

/** Where the parts are in the subject that a message would be acknowledged on. */
const PLACES = { sequence: 5, delivered: 6, time: 7, pending: 8 };
const PARTS_WITH_DOMAIN = 11;
/** In a millisecond. */
const NANOSECONDS = 1e6;

let deliveries = 0;

/** Has a consumer made, and made again where messages are missing, until it is disposed. */
export class Delivery implements Disposable {
  readonly #options: DeliveryOptions;
  #last: number;
  /** The number of the last message of this consumer. */
  #delivered = 0;
  #subscription: Disposable | undefined;
  #consumer: string | undefined;
  /** Ends once every message that came was taken. */
  #taking: void | Promise<void> = undefined;
  /** Whether the stream's leader has what this consumer began with; `undefined` before it was asked. */
  #trust: Promise<boolean> | undefined;
  /** Messages that wait for its answer. */
  #waiting = 0;
  #isOver = false;
  #forget = () => {};

  /**
   * @param options What is delivered, and to whom.
   */
  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#last = options.after;
    this.#start();
  }

  /** Ends the delivery. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#stop();
  }

  #start(): void {
    if (this.#isOver) return;
    const { bus, onSilent } = this.#options;
    const subject = `${bus.inbox}.d.${++deliveries}`;
    this.#delivered = 0;
    this.#trust = undefined;
    this.#waiting = 0;
    this.#subscription = bus.subscribe(subject, (message) => this.#onMessage(message));
    this.#waitFor(onSilent);
    this.#create(subject).catch(() => this.#startLater());
  }

  #waitFor(onSilent: (() => void) | undefined): void {
    this.#forget();
    if (onSilent !== undefined) this.#forget = after(limits.storeAskTimeoutMs, onSilent);
  }

  async #create(subject: string): Promise<void> {
    const { api, stream, onWhole } = this.#options;
    const made = await api.ask(`CONSUMER.CREATE.${stream}`, {
      stream_name: stream,
      config: this.#configOf(subject),
    });
    if (this.#isOver || this.#subscription === undefined) return this.#remove(made);
    this.#consumer = made.name;
    if (made.num_pending === 0 && this.#delivered === 0) onWhole?.();
  }

  #configOf(subject: string): object {
    return {
      deliver_subject: subject,
      deliver_policy: "by_start_sequence",
      opt_start_seq: this.#last + 1,
      filter_subject: this.#options.filter,
      ack_policy: "none",
      max_deliver: 1,
      replay_policy: "instant",
      flow_control: true,
      idle_heartbeat: limits.storeBeatMs * NANOSECONDS,
      inactive_threshold: limits.storeAskTimeoutMs * NANOSECONDS,
      mem_storage: true,
      num_replicas: 1,
    };
  }

  /** Where the NATS servers cannot make a consumer now: a leader is elected, or too few are up. */
  #startLater(): void {
    if (this.#isOver) return;
    this.#stop();
    after(limits.storeTickMs, () => this.#start(), { persistent: false });
  }

  #stop(): void {
    this.#forget();
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = undefined;
    if (this.#consumer !== undefined) this.#remove({ name: this.#consumer });
    this.#consumer = undefined;
  }

  #remove({ name }: JetStreamAnswer): void {
    const { api, stream } = this.#options;
    // It ends by itself as well, where nobody listens.
    api.ask(`CONSUMER.DELETE.${stream}.${name}`).catch(() => {});
  }

  #onMessage({ reply, data }: BusMessage): void {
    if (reply.startsWith("$JS.FC.")) return void this.#answerFlow(reply);
    const parts = reply.split(".");
    if (parts[1] !== "ACK") return; // a sign of life
    const skipped = parts.length >= PARTS_WITH_DOMAIN ? 2 : 0;
    const numberAt = (place: number) => Number(parts[place + skipped]);
    const sequence = numberAt(PLACES.sequence);
    if (numberAt(PLACES.delivered) !== ++this.#delivered) {
      this.#stop(); // one is missing: the connection was lost in between
      return this.#start();
    }
    const atMs = Math.floor(numberAt(PLACES.time) / NANOSECONDS);
    this.#waitFor(this.#options.onSilent);
    this.#hand({ sequence, atMs, data }, numberAt(PLACES.pending) === 0);
  }

  /** Hands a message on, once it is known that this consumer reads what a majority has. */
  #hand(message: LogMessage, isLast: boolean): void {
    const subscription = this.#subscription;
    const isFirst = this.#trust === undefined;
    const trust = this.#trust ??= this.#leaderHas(message);
    if (!isFirst && this.#waiting === 0) {
      this.#taking = this.#take(message, isLast);
      return;
    }
    this.#waiting++;
    this.#taking = trust.then((isTrusted) => {
      if (this.#subscription !== subscription || this.#isOver) return;
      this.#waiting--;
      return isTrusted ? this.#take(message, isLast) : undefined;
    });
  }

  #take(message: LogMessage, isLast: boolean): void | Promise<void> {
    const { onMessage, onWhole } = this.#options;
    this.#last = message.sequence;
    const taking = onMessage(message);
    if (isLast) onWhole?.();
    return taking;
  }

  /**
   * A consumer is fed by one of the NATS servers. One that led the stream and was cut off may have kept
   * what no majority has, and then its messages from there on are other ones than everybody else's: a
   * consumer begins anew behind each silence, and there that shows.
   */
  async #leaderHas(message: LogMessage): Promise<boolean> {
    const { api, stream } = this.#options;
    const subscription = this.#subscription;
    const isTrusted = await api.leaderHas(stream, message).catch(() => false);
    if (!isTrusted && this.#subscription === subscription) this.#startLater();
    return isTrusted;
  }

  /** The stream goes on once what came before was taken. */
  async #answerFlow(reply: string): Promise<void> {
    await this.#taking;
    if (this.#isOver) return;
    this.#options.bus.publish(reply, new Uint8Array());
    this.#waitFor(this.#options.onSilent);
  }
}
