/**
 * Messages of a stream, delivered in order by a consumer that lives as long as they are wanted.
 *
 * @module
 */

import { after, delay } from "../../base/abort.ts";
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
  /** Whether what the stream had before is compared with what its leader has. */
  readonly isCompared: boolean;
  /** Only messages that the stream got from then on, in milliseconds since the epoch. */
  readonly sinceMs?: number | undefined;
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
  /** Messages that the stream had when this consumer was made. */
  #backlog = 0;
  /** Ends once every message that came was handed on. */
  #handing: Promise<void> = Promise.resolve();
  /** Messages that wait for those before them, or for the leader's answer. */
  #waiting = 0;
  /** The last questions to the leader. */
  readonly #asked: Promise<boolean | undefined>[] = [];
  /** How often no consumer was made since the last one. */
  #failures = 0;
  #isOver = false;
  #forget = () => {};

  /**
   * @param options What is delivered, and to whom.
   */
  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#last = options.after;
    this.#waitAgain();
    this.#start();
  }

  /** Ends the delivery. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#forget();
    this.#stop();
  }

  #start(): void {
    if (this.#isOver) return;
    const { bus } = this.#options;
    const subject = `${bus.inbox}.d.${++deliveries}`;
    this.#delivered = 0;
    this.#backlog = 0;
    this.#waiting = 0;
    this.#handing = Promise.resolve();
    this.#asked.length = 0;
    this.#subscription = bus.subscribe(subject, (message) => this.#onMessage(message));
    this.#create(subject).catch(() => {
      this.#failures++;
      this.#startLater();
    });
  }

  /** Begins to measure anew how long nothing comes. */
  #waitAgain(): void {
    const { onSilent } = this.#options;
    this.#forget();
    if (onSilent !== undefined) this.#forget = after(limits.storeAskTimeoutMs, onSilent);
  }

  /**
   * A consumer is given to one of the NATS servers that keep the stream, by chance, and for minutes also
   * to one that is down and does not answer (nats-server 2.9): so the next attempt comes soon.
   */
  async #create(subject: string): Promise<void> {
    const { api, stream, onWhole } = this.#options;
    const timeoutMs = Math.min(
      limits.storeConsumerTimeoutMs * 2 ** this.#failures,
      limits.storeAskTimeoutMs,
    );
    const question = { stream_name: stream, config: this.#configOf(subject) };
    const made = await api.ask(`CONSUMER.CREATE.${stream}`, question, timeoutMs);
    this.#failures = 0;
    if (this.#isOver || this.#subscription === undefined) return this.#remove(made);
    this.#consumer = made.name;
    if (made.num_pending === 0 && this.#delivered === 0) onWhole?.();
  }

  #configOf(subject: string): object {
    return {
      deliver_subject: subject,
      ...this.#begin(),
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

  /** Made again, it begins behind the last message that came. */
  #begin(): object {
    const { after, sinceMs } = this.#options;
    if (sinceMs === undefined || this.#last > after) {
      return { deliver_policy: "by_start_sequence", opt_start_seq: this.#last + 1 };
    }
    return { deliver_policy: "by_start_time", opt_start_time: new Date(sinceMs).toISOString() };
  }

  /** Where the NATS servers cannot make a consumer now: a leader is elected, or too few are up. */
  #startLater(): void {
    if (this.#isOver) return;
    this.#stop();
    after(limits.storeTickMs, () => this.#start(), { persistent: false });
  }

  #stop(): void {
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
    this.#waitAgain();
    if (numberAt(PLACES.delivered) !== ++this.#delivered) {
      this.#stop(); // one is missing: the connection was lost in between
      return this.#start();
    }
    const atMs = Math.floor(numberAt(PLACES.time) / NANOSECONDS);
    this.#hand({ sequence, atMs, data }, numberAt(PLACES.pending));
  }

  /** Hands a message on, behind those before it, once it is known to be what a majority has. */
  #hand(message: LogMessage, left: number): void {
    if (this.#delivered === 1 && this.#options.isCompared) this.#backlog = left + 1;
    const isOld = this.#delivered <= this.#backlog;
    if (!isOld && this.#waiting === 0) return this.#take(message, left);
    const subscription = this.#subscription;
    const isWanted = () => this.#subscription === subscription && !this.#isOver;
    const asked = isOld ? this.#ask(message) : true;
    this.#waiting++;
    this.#handing = this.#handing.then(async () => {
      let isRight = await asked;
      while (isRight === undefined && isWanted()) {
        // While a leader is elected this consumer stays: another one would be made for nothing.
        isRight = await this.#leaderHas(message);
        if (isRight === undefined) await delay(limits.storeTickMs, { persistent: false });
      }
      if (!isWanted()) return;
      this.#waiting--;
      if (isRight) this.#take(message, left);
      else this.#startLater();
    });
  }

  #take(message: LogMessage, left: number): void {
    const { onMessage, onWhole } = this.#options;
    this.#last = message.sequence;
    this.#taking = onMessage(message);
    if (left === 0) onWhole?.();
  }

  /**
   * Asks the leader whether it has a message too. A consumer is fed by one of the NATS servers, and one
   * that led the stream while it was cut off may have kept what no majority has, under the numbers of
   * other messages. While it is cut off it gives nothing, and behind each silence a consumer is made
   * anew: so this shows in what a consumer finds when it is made.
   */
  #ask(message: LogMessage): Promise<boolean | undefined> {
    const turn = this.#asked.at(-limits.storeQuestionsAtOnce) ?? Promise.resolve(true);
    const asked = turn.then(() => this.#leaderHas(message));
    this.#asked.push(asked);
    if (this.#asked.length > limits.storeQuestionsAtOnce) this.#asked.shift();
    return asked;
  }

  /** Whether the leader has a message; without an answer it is not known. */
  async #leaderHas(message: LogMessage): Promise<boolean | undefined> {
    const { api, stream } = this.#options;
    return await api.leaderHas(stream, message).catch(() => undefined);
  }

  /** The stream goes on once what came before was taken. */
  async #answerFlow(reply: string): Promise<void> {
    await this.#handing;
    await this.#taking;
    if (this.#isOver) return;
    this.#options.bus.publish(reply, new Uint8Array());
    this.#waitAgain();
  }
}
