import type { MemoryHub } from "./memory_bus.ts";
import type { BusMessage } from "../../lib/cluster/bus/bus.ts";

/** A message of a stream, as a NATS server keeps it. */
export interface StreamMessage {
  readonly sequence: number;
  readonly subject: string;
  readonly data: Uint8Array;
}

interface Consumer {
  readonly name: string;
  readonly config: Record<string, unknown>;
  delivered: number;
  next: number;
}

/** What an answer says went wrong, by JetStream's numbers. */
export interface JetStreamFailure {
  readonly error: { readonly err_code: number; readonly description: string };
}

/** Answers JetStream's API on a hub, for one stream. */
export class MemoryJetStream {
  /** The messages of the stream, as its leader has them. */
  readonly kept: StreamMessage[] = [];
  /** What a consumer is fed from; another list stands for a NATS server that has others. */
  replicaOf: (consumer: number) => readonly StreamMessage[] = () => this.kept;
  /** What a question is answered with in place of the usual; `null` for no answer. */
  answer: (verb: string, body: Record<string, unknown>) => object | null | undefined = () =>
    undefined;
  /** Every question, in order: its verb and its body. */
  readonly asked: { readonly verb: string; readonly body: Record<string, unknown> }[] = [];
  /** The stream's configuration; `undefined` while there is none. */
  config: Record<string, unknown> | undefined;
  readonly #hub: MemoryHub;
  readonly #stream: string;
  readonly #consumers = new Map<string, Consumer>();
  #made = 0;

  /**
   * @param hub Where it answers.
   * @param stream The name of the stream.
   * @param subject What is beneath it is in the stream.
   */
  constructor(hub: MemoryHub, stream: string, subject: string) {
    this.#hub = hub;
    this.#stream = stream;
    const bus = hub.connect("_INBOX.nats");
    bus.subscribe("$JS.API.>", (message) => this.#onQuestion(message));
    bus.subscribe(`${subject}.>`, (message) => this.#onMessage(message));
  }

  /** How many consumers there are. */
  get consumers(): number {
    return this.#consumers.size;
  }

  /** Where the newest consumer delivers. */
  get deliverSubject(): string {
    return String([...this.#consumers.values()].at(-1)?.config.deliver_subject);
  }

  /** Adds a message to the stream. */
  put(subject: string, data: Uint8Array): number {
    const sequence = (this.kept.at(-1)?.sequence ?? 0) + 1;
    this.kept.push({ sequence, subject, data });
    this.deliver();
    return sequence;
  }

  /** Sends what consumers have not got. */
  deliver(): void {
    for (const consumer of this.#consumers.values()) this.#feed(consumer);
  }

  #onMessage({ subject, data, reply }: BusMessage): void {
    const usual = () => ({ stream: this.#stream, seq: this.put(subject, data) });
    this.#reply(reply, this.answer("PUBLISH", { subject }), usual);
  }

  #onQuestion({ subject, data, reply }: BusMessage): void {
    const verb = subject.slice("$JS.API.".length).replace(`.${this.#stream}`, "");
    const body = JSON.parse(new TextDecoder().decode(data));
    this.asked.push({ verb, body });
    this.#reply(reply, this.answer(verb, body), () => this.#usual(verb, body));
  }

  #reply(reply: string, chosen: object | null | undefined, usual: () => object): void {
    if (chosen === null || reply === "") return;
    this.#hub.publish(reply, encode(chosen ?? usual()), "");
  }

  #usual(verb: string, body: Record<string, unknown>): object {
    if (verb === "STREAM.INFO") {
      return this.config === undefined ? failure(10_059, "stream not found") : this.#info();
    }
    if (verb === "STREAM.CREATE") {
      this.config = body;
      return this.#info();
    }
    if (verb === "STREAM.MSG.GET") return this.#get(Number(body.seq));
    if (verb === "STREAM.MSG.DELETE") return this.#remove(Number(body.seq));
    if (verb === "CONSUMER.CREATE") return this.#create(body.config as Record<string, unknown>);
    const name = verb.replace("CONSUMER.DELETE.", "");
    return { success: this.#consumers.delete(name) };
  }

  #info(): object {
    return { config: this.config, state: this.#state() };
  }

  #get(sequence: number): object {
    const found = this.kept.find((message) => message.sequence === sequence);
    if (found === undefined) return failure(10_037, "no message found");
    const { subject } = found;
    return { message: { seq: sequence, subject, data: btoa(String.fromCharCode(...found.data)) } };
  }

  #state(): object {
    const [first, last] = [this.kept.at(0)?.sequence ?? 1, this.kept.at(-1)?.sequence ?? 0];
    return { messages: this.kept.length, first_seq: first, last_seq: last, bytes: 0 };
  }

  #remove(sequence: number): object {
    const at = this.kept.findIndex((message) => message.sequence === sequence);
    if (at < 0) return failure(10_043, `sequence ${sequence} not found`);
    this.kept.splice(at, 1);
    return { success: true };
  }

  #create(config: Record<string, unknown>): object {
    const name = `c${++this.#made}`;
    const consumer = { name, config, delivered: 0, next: Number(config.opt_start_seq) };
    this.#consumers.set(name, consumer);
    const pending = this.#wanted(consumer).length;
    // Its messages come behind the answer.
    queueMicrotask(() => queueMicrotask(() => this.#feed(consumer)));
    return { name, num_pending: pending };
  }

  #wanted({ name, config, next }: Consumer): StreamMessage[] {
    const filter = String(config.filter_subject);
    const isMeant = (subject: string) =>
      filter.endsWith("*") ? subject.startsWith(filter.slice(0, -1)) : subject === filter;
    return this.replicaOf(Number(name.slice(1)))
      .filter(({ sequence, subject }) => sequence >= next && isMeant(subject));
  }

  #feed(consumer: Consumer): void {
    if (!this.#consumers.has(consumer.name)) return;
    const wanted = this.#wanted(consumer);
    for (const [at, { sequence, data }] of wanted.entries()) {
      consumer.next = sequence + 1;
      const left = wanted.length - at - 1;
      const place = `1.${sequence}.${++consumer.delivered}.${sequence * 1e9}.${left}`;
      const reply = `$JS.ACK.${this.#stream}.${consumer.name}.${place}`;
      this.#hub.publish(String(consumer.config.deliver_subject), data, reply);
    }
  }
}

/** An answer that says that something went wrong. */
export function failure(number: number, description: string): JetStreamFailure {
  return { error: { err_code: number, description } };
}

function encode(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
