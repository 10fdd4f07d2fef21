/**
 * The shared log in a stream of JetStream.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { Bus } from "../bus/bus.ts";
import { type LogKind, logStream, logSubject } from "../subjects.ts";
import { Delivery } from "./delivery.ts";
import type { JetStreamApi } from "./jetstream_api.ts";
import type { LogMessage, LogPlace, SharedLog } from "./log.ts";

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

  append(place: LogPlace, data: Uint8Array): Promise<void> {
    return this.#api.append(this.#subjectOf(place), data);
  }

  follow(after: number, listener: (message: LogMessage) => void | Promise<void>): Disposable {
    const filter = `${this.#subject}.live.*`;
    return new Delivery({
      ...{ bus: this.#bus, api: this.#api, stream: this.#stream, filter, after },
      isCompared: true,
      onMessage: listener,
    });
  }

  async *read(place: Exclude<LogPlace, "live">): AsyncGenerator<LogMessage> {
    const waiting: LogMessage[] = [];
    /** Resolves once what has come was read; the stream waits for it. */
    let drained = Promise.withResolvers<void>();
    let isWhole = false;
    let failure: DariError | undefined;
    let wake = () => {};
    using _delivery = new Delivery({
      ...{ bus: this.#bus, api: this.#api, stream: this.#stream, after: 0 },
      filter: this.#subjectOf(place),
      // Pieces belong to a mark, which was compared: where others stand in their places, some are missing.
      isCompared: place === "mark",
      onMessage(message) {
        waiting.push(message);
        wake();
        return drained.promise;
      },
      onWhole() {
        isWhole = true;
        wake();
      },
      onSilent() {
        if (waiting.length > 0) return; // it is this side that takes its time
        failure = new DariError("unavailable", "What the cluster keeps cannot be read; try again");
        wake();
      },
    });
    while (true) {
      const message = waiting.shift();
      if (message !== undefined) yield message;
      else if (isWhole) return;
      else if (failure !== undefined) throw failure;
      else {
        drained.resolve();
        drained = Promise.withResolvers();
        await new Promise<void>((resolve) => wake = resolve);
      }
    }
  }

  async ends(): Promise<{ readonly first: number; readonly last: number }> {
    const { state } = await this.#api.ask(`STREAM.INFO.${this.#stream}`);
    if (state !== undefined) return { first: state.first_seq, last: state.last_seq };
    throw new DariError(
      "unavailable",
      `The NATS servers say nothing of ${this.#stream}; try again`,
    );
  }

  async remove(upTo: number): Promise<void> {
    await this.#api.ask(`STREAM.PURGE.${this.#stream}`, { seq: upTo + 1 });
  }

  #subjectOf(place: LogPlace): string {
    if (place === "live") return `${this.#subject}.live.log`;
    if (place === "mark") return `${this.#subject}.live.mark`;
    return `${this.#subject}.piece.${place.snapshot}`;
  }
}
