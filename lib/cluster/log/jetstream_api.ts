/**
 * The questions of JetStream's API that logs ask: JSON, by request and answer.
 *
 * @see https://docs.nats.io/reference/reference-protocols/nats_api_reference
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Bus, BusHeaders, BusMessage } from "../bus/bus.ts";
import { type LogMessage, NotAppended } from "./log.ts";

/** What a NATS server says is wrong, by JetStream's numbers. */
export class JetStreamError extends Error {
  /** JetStream's number of the error. */
  readonly number: number;

  /**
   * @param number JetStream's number of the error.
   * @param description What it says.
   */
  constructor(number: number, description: string) {
    super(description);
    this.name = "JetStreamError";
    this.number = number;
  }
}

/** An answer of the API, as far as it is read here. */
export interface JetStreamAnswer {
  /** Of a stream or a consumer. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The name of a consumer. */
  readonly name?: string;
  /** How many messages a consumer has still to deliver. */
  readonly num_pending?: number;
  /** What is in a stream. */
  readonly state?: {
    readonly messages: number;
    readonly bytes: number;
    readonly first_seq: number;
    readonly last_seq: number;
  };
  /** The number of a message that was appended. */
  readonly seq?: number;
  /** A message of a stream, its bytes in base64. */
  readonly message?: { readonly seq: number; readonly subject: string; readonly data?: string };
  /** Where a stream is. */
  readonly cluster?: { readonly leader?: string; readonly replicas?: readonly unknown[] };
}

/** JetStream's number of the error that there is no such message to read. */
export const MESSAGE_NOT_FOUND = 10_037;
/** JetStream's number of the error that there is no such message to remove. */
export const SEQUENCE_NOT_FOUND = 10_043;
/** JetStream takes a message only behind this one of its subject. */
const EXPECTED = "Nats-Expected-Last-Subject-Sequence";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Asks about messages, a bounded number at once.
 *
 * @param sequences The messages' numbers.
 * @param atOnce How many questions are under way at the most.
 * @param ask Asks about one; where it fails, no more are begun behind it.
 * @throws What `ask` throws.
 */
export async function askOfEach(
  sequences: Generator<number> | AsyncGenerator<number>,
  atOnce: number,
  ask: (sequence: number) => Promise<void>,
): Promise<void> {
  const askNext = async () => {
    for await (const sequence of sequences) await ask(sequence);
  };
  await Promise.all(Array.from({ length: atOnce }, askNext));
}

/** Asks, over one connection. */
export class JetStreamApi implements Disposable {
  readonly #bus: Bus;
  readonly #inbox: string;
  readonly #answers: Disposable;
  readonly #waiting = new Map<string, (message: BusMessage | undefined) => void>();
  #asked = 0;

  /**
   * @param bus The connection; closing it stays with the caller.
   */
  constructor(bus: Bus) {
    this.#bus = bus;
    this.#inbox = `${bus.inbox}.js`;
    this.#answers = bus.subscribe(`${this.#inbox}.*`, (message) => {
      this.#waiting.get(message.subject)?.(message);
    });
  }

  /**
   * Asks.
   *
   * @param verb What is asked, such as `STREAM.INFO.NAME`.
   * @param body The question.
   * @param timeoutMs How long the answer is waited for.
   * @returns The answer.
   * @throws {JetStreamError} When the answer is an error.
   * @throws {DariError} `unavailable` when there is none.
   */
  async ask(
    verb: string,
    body: object = {},
    timeoutMs: number = limits.storeAskTimeoutMs,
  ): Promise<JetStreamAnswer> {
    const question = encoder.encode(JSON.stringify(body));
    return await this.#request(`$JS.API.${verb}`, question, timeoutMs);
  }

  /**
   * Asks the NATS server that leads a stream whether it has a message too. The others answer what they
   * have by themselves, and that may be what no majority has (nats-server 2.9).
   *
   * @param stream The stream.
   * @param message The message.
   * @returns Whether it has the same message under the same number.
   * @throws {JetStreamError} When it cannot say.
   * @throws {DariError} `unavailable` when none leads.
   */
  async leaderHas(stream: string, { sequence, data }: LogMessage): Promise<boolean> {
    const message = await this.#leaderMessage(stream, sequence);
    return message?.data === encodeBase64(data);
  }

  /**
   * Asks the NATS server that leads a stream for the subject of a message.
   *
   * @param stream The stream.
   * @param sequence The message's number.
   * @returns The subject; `undefined` where there is no such message.
   * @throws As {@linkcode leaderHas}.
   */
  async leaderSubject(stream: string, sequence: number): Promise<string | undefined> {
    return (await this.#leaderMessage(stream, sequence))?.subject;
  }

  async #leaderMessage(stream: string, seq: number): Promise<JetStreamAnswer["message"]> {
    try {
      return (await this.ask(`STREAM.MSG.GET.${stream}`, { seq })).message;
    } catch (error) {
      if (error instanceof JetStreamError && error.number === MESSAGE_NOT_FOUND) return undefined;
      throw error;
    }
  }

  /**
   * Publishes a message into a stream.
   *
   * @param subject Its subject.
   * @param data Its bytes.
   * @param after The last message of this subject, behind which it belongs: where there is another one,
   * it is not taken. Behind any by default.
   * @returns Its number, once the stream has it.
   * @throws {NotAppended} When the stream did not take it.
   * @throws {DariError} `unavailable` when there is no answer.
   */
  async append(subject: string, data: Uint8Array, after?: number): Promise<number> {
    const headers = after === undefined ? undefined : { [EXPECTED]: String(after) };
    try {
      const { seq = 0 } = await this.#request(subject, data, limits.storeWriteTimeoutMs, headers);
      return seq;
    } catch (error) {
      throw error instanceof JetStreamError ? new NotAppended(error.message) : error;
    }
  }

  /**
   * Removes messages of a stream, each by a question of its own. Not by a purge, which is one question:
   * nats-server before 2.9.18 does its purges once more when it starts, and then removes everything
   * that the stream had when it was asked, whatever the question said.
   *
   * @param stream The stream.
   * @param sequences The messages' numbers; those that are not there are passed over.
   * @throws {JetStreamError} When one cannot be removed; those behind it stay.
   * @throws {DariError} `unavailable` when there is no answer.
   * @see https://github.com/nats-io/nats-server/commit/dee532495
   */
  async remove(
    stream: string,
    sequences: Generator<number> | AsyncGenerator<number>,
  ): Promise<void> {
    await askOfEach(sequences, limits.storeRemovalsAtOnce, (seq) => this.#removeOne(stream, seq));
  }

  async #removeOne(stream: string, seq: number): Promise<void> {
    try {
      // Sealed, and not worth writing over.
      await this.ask(`STREAM.MSG.DELETE.${stream}`, { seq, no_erase: true });
    } catch (error) {
      if (!(error instanceof JetStreamError) || error.number !== SEQUENCE_NOT_FOUND) throw error;
    }
  }

  /** Gives up what is waited for. */
  [Symbol.dispose](): void {
    this.#answers[Symbol.dispose]();
    for (const answer of [...this.#waiting.values()]) answer(undefined);
  }

  async #request(
    subject: string,
    data: Uint8Array,
    timeoutMs: number,
    headers?: BusHeaders,
  ): Promise<JetStreamAnswer> {
    const message = await this.#answerTo(subject, data, timeoutMs, headers);
    if (message === undefined) {
      throw new DariError("unavailable", `The NATS server does not answer (${subject})`);
    }
    if (message.isNobody) {
      throw new NotAppended(
        "no NATS server leads its stream; if that stays, JetStream is off or too few servers are up",
      );
    }
    const answer = JSON.parse(decoder.decode(message.data));
    if (answer?.error === undefined) return answer ?? {};
    throw new JetStreamError(answer.error.err_code ?? answer.error.code, answer.error.description);
  }

  #answerTo(
    subject: string,
    data: Uint8Array,
    timeoutMs: number,
    headers?: BusHeaders,
  ): Promise<BusMessage | undefined> {
    const reply = `${this.#inbox}.${++this.#asked}`;
    const { promise, resolve } = Promise.withResolvers<BusMessage | undefined>();
    this.#waiting.set(reply, resolve);
    const timer = setTimeout(() => resolve(undefined), timeoutMs);
    this.#bus.publish(subject, data, reply, headers);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(reply);
    });
  }
}
