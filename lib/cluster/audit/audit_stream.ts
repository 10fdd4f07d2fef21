/**
 * The audits of the servers of a cluster, in a stream of the NATS servers: each under its own name, in its
 * order, sealed by the record key. What is in them is text that this file does not look into.
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import { limits } from "../../base/limits.ts";
import type { Bus } from "../bus/bus.ts";
import {
  type JetStreamAnswer,
  JetStreamApi,
  JetStreamError,
  MESSAGE_NOT_FOUND,
} from "../log/jetstream_api.ts";
import { Delivery } from "../log/delivery.ts";
import type { LogMessage } from "../log/log.ts";
import { readSubject } from "../log/read_subject.ts";
import { MessageOpener, MessageSeal, SEAL_BYTES } from "../log/seal.ts";
import { ensureStream, infoOf } from "../log/stream_config.ts";
import type { RecordKey } from "../record_key.ts";
import { logStream, logSubject } from "../subjects.ts";

/** How the stream is opened. */
export interface AuditStreamOptions {
  /** The connection to NATS; closing it stays with the caller. */
  readonly bus: Bus;
  /** The name of the service. */
  readonly service: string;
  /** The record key. */
  readonly key: RecordKey;
}

/** A message of the stream that a server with the record key wrote. */
export interface AuditMessage {
  /** Its number in the stream. */
  readonly sequence: number;
  /** When the stream got it, in milliseconds since the epoch. */
  readonly atMs: number;
  /** Its text; `undefined` for what no server wrote. */
  readonly text: string | undefined;
}

/** Which messages are read. */
export interface AuditReading {
  /** Those of one audit. @default {those of all} */
  readonly log?: string | undefined;
  /** Those behind this one. @default {0} */
  readonly after?: number | undefined;
  /** Those that the stream got from then on, in milliseconds since the epoch. */
  readonly sinceMs?: number | undefined;
  /**
   * Whether each is compared with what the leader of the NATS servers has, which takes a question for
   * each: one of the others may have what no majority has.
   *
   * @default {false}
   */
  readonly isCompared?: boolean | undefined;
}

const KIND = "audit";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The stream. Disposing ends what is asked; the connection stays. */
export class AuditStream implements Disposable {
  /** Its name. */
  readonly name: string;
  readonly #options: AuditStreamOptions;
  readonly #api: JetStreamApi;
  readonly #seal: MessageSeal;
  readonly #opener: MessageOpener;

  /**
   * @param options The connection, the service and the key.
   */
  constructor(options: AuditStreamOptions) {
    const { bus, service } = options;
    this.name = logStream(service, KIND);
    this.#options = options;
    this.#api = new JetStreamApi(bus);
    this.#seal = new MessageSeal({ ...options, kind: KIND });
    this.#opener = new MessageOpener({ ...options, kind: KIND });
  }

  /** The most bytes of a text that is appended. */
  get maxBytes(): number {
    return Math.min(this.#options.bus.maxPayloadBytes - SEAL_BYTES, limits.maxAuditPieceBytes);
  }

  /**
   * Makes sure that the stream is there.
   *
   * @throws {DariError} `configuration` when it would lose what is appended, `unavailable` when the NATS
   * servers do not answer.
   */
  async ensure(): Promise<void> {
    await ensureStream(this.#api, this.#options.service, KIND, limits.storeAskTimeoutMs);
  }

  /**
   * The last message of an audit.
   *
   * @param log The audit's name.
   * @returns `undefined` where it has none.
   */
  async last(log: string): Promise<Omit<AuditMessage, "atMs"> | undefined> {
    const question = { last_by_subj: this.#subjectOf(log) };
    const { message } = await this.#api.ask(`STREAM.MSG.GET.${this.name}`, question)
      .catch((error): JetStreamAnswer => {
        if (error instanceof JetStreamError && error.number === MESSAGE_NOT_FOUND) return {};
        throw error;
      });
    if (message === undefined) return undefined;
    const { seq: sequence, data = "" } = message;
    return { sequence, text: await this.#open(decodeBase64(data)) };
  }

  /**
   * Appends a text to an audit.
   *
   * @param log The audit's name.
   * @param text The text.
   * @param after The last message of this audit; where there is another one, nothing is appended.
   * @returns Its number in the stream.
   * @throws {NotAppended} When it was not appended.
   * @throws {DariError} `unavailable` when that is not known.
   */
  async append(log: string, text: string, after: number): Promise<number> {
    const { sealed } = this.#seal.seal("audit", encoder.encode(text), after);
    return await this.#api.append(this.#subjectOf(log), await sealed, after);
  }

  /**
   * Reads messages, to the last one that is there.
   *
   * @param from Which. All by default.
   * @throws {DariError} `unavailable` when the stream cannot be read.
   */
  async *read(
    { log, after = 0, sinceMs, isCompared = false }: AuditReading = {},
  ): AsyncGenerator<AuditMessage> {
    const filter = this.#subjectOf(log ?? "*");
    const delivery = { ...this.#delivery(), isCompared };
    for await (const message of readSubject({ ...delivery, filter, after, sinceMs })) {
      yield await this.#messageOf(message);
    }
  }

  /**
   * Follows the stream.
   *
   * @param after The last message that is known.
   * @param listener Takes each message.
   * @returns Ends that when disposed.
   */
  follow(after: number, listener: (message: AuditMessage) => void): Disposable {
    const messageOf = (message: LogMessage) => this.#messageOf(message);
    let taking: Promise<void> = Promise.resolve();
    return new Delivery({
      ...this.#delivery(),
      filter: this.#subjectOf("*"),
      after,
      onMessage(message) {
        // Opened at once, and taken in order.
        const opened = messageOf(message);
        return taking = taking.then(async () => listener(await opened));
      },
    });
  }

  /**
   * How many messages the stream has had.
   *
   * @returns The number of the last one; `undefined` where there is no stream.
   */
  async size(): Promise<number | undefined> {
    return (await infoOf(this.#api, this.name))?.state?.last_seq;
  }

  /**
   * Removes the oldest messages of an audit.
   *
   * @param log The audit's name.
   * @param before The first message that stays.
   */
  async remove(log: string, before: number): Promise<void> {
    await this.#api.remove(this.name, this.#numbersBefore(log, before));
  }

  [Symbol.dispose](): void {
    this.#api[Symbol.dispose]();
  }

  async *#numbersBefore(log: string, before: number): AsyncGenerator<number> {
    const messages = readSubject({ ...this.#delivery(), filter: this.#subjectOf(log), after: 0 });
    for await (const { sequence } of messages) {
      if (sequence >= before) return;
      yield sequence;
    }
  }

  #delivery() {
    // Compared only where it matters: each record says which one is before it.
    return { bus: this.#options.bus, api: this.#api, stream: this.name, isCompared: false };
  }

  #subjectOf(log: string): string {
    return `${logSubject(this.#options.service, KIND)}.${log}`;
  }

  async #messageOf({ sequence, atMs, data }: LogMessage): Promise<AuditMessage> {
    return { sequence, atMs, text: await this.#open(data) };
  }

  async #open(data: Uint8Array): Promise<string | undefined> {
    const opened = await this.#opener.open(data);
    return opened?.kind === "audit" ? decoder.decode(opened.body) : undefined;
  }
}
