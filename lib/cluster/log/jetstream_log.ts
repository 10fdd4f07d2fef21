/**
 * The shared log in a stream of JetStream.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Bus } from "../bus/bus.ts";
import { type LogKind, logStream, logSubject } from "../subjects.ts";
import { Delivery } from "./delivery.ts";
import { askOfEach, type JetStreamApi, JetStreamError } from "./jetstream_api.ts";
import type { LogMessage, LogPlace, SharedLog } from "./log.ts";
import { readSubject } from "./read_subject.ts";

/** One of the logs of a service. */
export class JetStreamLog implements SharedLog {
  readonly #bus: Bus;
  readonly #api: JetStreamApi;
  readonly #stream: string;
  readonly #subject: string;

  /**
   * @param bus The connection to NATS.
   * @param api Asks JetStream, over the same connection.
   * @param service The service's name.
   * @param kind Which of its logs.
   */
  constructor(bus: Bus, api: JetStreamApi, service: string, kind: LogKind) {
    this.#bus = bus;
    this.#api = api;
    this.#stream = logStream(service, kind);
    this.#subject = logSubject(service, kind);
  }

  get maxMessageBytes(): number {
    return this.#bus.maxPayloadBytes;
  }

  async append(place: LogPlace, data: Uint8Array): Promise<void> {
    await this.#api.append(this.#subjectOf(place), data);
  }

  follow(after: number, listener: (message: LogMessage) => void | Promise<void>): Disposable {
    const filter = `${this.#subject}.live.*`;
    return new Delivery({
      ...{ bus: this.#bus, api: this.#api, stream: this.#stream, filter, after },
      isCompared: true,
      onMessage: listener,
    });
  }

  read(place: Exclude<LogPlace, "live">): AsyncGenerator<LogMessage> {
    return readSubject({
      ...{ bus: this.#bus, api: this.#api, stream: this.#stream, after: 0 },
      filter: this.#subjectOf(place),
      // Pieces belong to a mark, which was compared: where others stand in their places, some are missing.
      isCompared: place === "mark",
    });
  }

  async ends(): Promise<{ readonly first: number; readonly last: number }> {
    const { state } = await this.#asking(() => this.#api.ask(`STREAM.INFO.${this.#stream}`));
    if (state !== undefined) return { first: state.first_seq, last: state.last_seq };
    throw new DariError(
      "unavailable",
      `The NATS servers say nothing of ${this.#stream}; try again`,
    );
  }

  async has(message: LogMessage): Promise<boolean> {
    if (await this.#asking(() => this.#api.leaderHas(this.#stream, message))) return true;
    return message.sequence < (await this.ends()).first;
  }

  async hasOnlyPieces(after: number, before: number): Promise<boolean> {
    const left = wholeNumbers(after + 1, before - 1);
    const pieces = `${this.#subject}.piece.`;
    let areAll = true;
    const look = async (sequence: number) => {
      const subject = await this.#api.leaderSubject(this.#stream, sequence);
      if (subject?.startsWith(pieces) === false) areAll = false;
    };
    await this.#asking(() => askOfEach(left, limits.storeQuestionsAtOnce, look));
    return areAll;
  }

  async remove(upTo: number): Promise<void> {
    const { first } = await this.ends();
    await this.#api.remove(this.#stream, wholeNumbers(first, upTo));
  }

  /** What JetStream refuses now, while a leader is elected for instance, it may give a moment later. */
  async #asking<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof JetStreamError)) throw error;
      const message = `The NATS servers cannot be asked about ${this.#stream}: ${error.message}`;
      throw new DariError("unavailable", `${message}; try again`, { cause: error });
    }
  }

  #subjectOf(place: LogPlace): string {
    if (place === "live") return `${this.#subject}.live.log`;
    if (place === "mark") return `${this.#subject}.live.mark`;
    return `${this.#subject}.piece.${place.snapshot}`;
  }
}

function* wholeNumbers(first: number, last: number): Generator<number> {
  for (let number = first; number <= last; number++) yield number;
}
