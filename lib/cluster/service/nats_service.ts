/**
 * One server of a service: it takes clients that introduce themselves through NATS.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import { after } from "../../base/abort.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { Bus, BusMessage } from "../bus/bus.ts";
import { kinds, worded } from "../stream/frame.ts";
import type { NatsStream } from "../stream/nats_stream.ts";
import { StreamTable } from "../stream/stream_table.ts";
import { answerDiscovery, type InstanceState, ServiceStats } from "./discovery.ts";
import { openSubject, openSubjectOf, QUEUE, streamsSubject } from "../subjects.ts";

// An id never begins with a sign that a command line reads as an option.
const ID_PREFIX = "i";

/** How a service takes clients. */
export interface NatsServiceOptions {
  /** The service's name. */
  readonly service: string;
  /** What it serves, for people. */
  readonly description: string;
  /** The most streams open at once. */
  readonly maxStreams: number;
  /** Time for the first word of a client, in milliseconds. @default {10_000} */
  readonly handshakeTimeoutMs?: number | undefined;
  /** Takes the stream of a client that has said something, and the name by which its share of bounds is counted. */
  readonly onStream: (stream: NatsStream, from: string) => void;
  /** Hears of clients that were one too many. */
  readonly onRefused: (from: string, reason: string) => void;
  /** Hears that the NATS server does not let this program offer the service. */
  readonly onForbidden: (reason: string) => void;
  /** How the server is, for those who ask by NATS. */
  readonly state?: (() => InstanceState) | undefined;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/**
 * Takes clients until it is closed. Streams that are open go on after that, until `dispose`.
 */
export class NatsService implements Disposable {
  /** The server's id. */
  readonly instance: string;
  readonly #bus: Bus;
  readonly #options: NatsServiceOptions;
  readonly #table: StreamTable;
  readonly #stats = new ServiceStats();
  /** Streams whose client has said nothing yet, the oldest first, and what ends the wait for it. */
  readonly #silent = new Map<NatsStream, () => void>();
  /** The subscriptions by which clients find this server. */
  readonly #offers = new DisposableStack();

  /**
   * @param bus Where clients come from.
   * @param options How they are taken.
   */
  constructor(bus: Bus, options: NatsServiceOptions) {
    const { service, description, clock = systemClock } = options;
    this.#bus = bus;
    this.#options = options;
    const random = crypto.getRandomValues(new Uint8Array(limits.natsIdBytes));
    this.instance = `${ID_PREFIX}${encodeBase64Url(random)}`;
    const onRefused = options.onForbidden;
    this.#table = new StreamTable(bus, streamsSubject(service, this.instance), { onRefused });
    const take = (message: BusMessage) => this.#take(message, clock.now());
    this.#offers.use(bus.subscribe(openSubject(service), take, { queue: QUEUE, onRefused }));
    this.#offers.use(bus.subscribe(openSubjectOf(service, this.instance), take, { onRefused }));
    this.#offers.use(answerDiscovery(bus, {
      ...{ service, description, instance: this.instance },
      startedMs: clock.now(),
      stats: this.#stats,
      state: options.state,
    }));
  }

  /** Takes no further clients. */
  close(): void {
    this.#offers.dispose();
  }

  /** Ends all streams as well. */
  [Symbol.dispose](): void {
    this.close();
    this.#table[Symbol.dispose]();
  }

  #take({ data, reply, isNobody }: BusMessage, nowMs: number): void {
    if (isNobody || reply === "") return;
    const from = peerOf(reply);
    const refuse = (reason: string) => {
      this.#bus.publish(reply, worded(kinds.cut, reason));
      this.#count(nowMs, reason);
      this.#options.onRefused(from, reason);
    };
    if (data[0] !== kinds.open) return refuse("it speaks another protocol than dari/1");
    if (this.#table.size >= this.#options.maxStreams) {
      return refuse(`${this.#options.maxStreams} connections are open`);
    }
    const subject = this.#table.subject();
    const stream = this.#table.open(subject, reply, {
      onFirst: () => {
        this.#forgetSilent(stream);
        this.#options.onStream(stream, from);
      },
      onOver: () => this.#forgetSilent(stream),
    });
    this.#expectWord(stream);
    this.#bus.publish(reply, worded(kinds.opened, subject), subject);
    this.#count(nowMs);
  }

  /** A client that says nothing costs nothing but its place, which it loses to others in time. */
  #expectWord(stream: NatsStream): void {
    const [oldest] = this.#silent.keys();
    if (this.#silent.size >= limits.maxHandshakes) oldest?.close();
    const timeoutMs = this.#options.handshakeTimeoutMs ?? limits.handshakeTimeoutMs;
    this.#silent.set(stream, after(timeoutMs, () => stream.close()));
  }

  #forgetSilent(stream: NatsStream): void {
    this.#silent.get(stream)?.();
    this.#silent.delete(stream);
  }

  #count(beganMs: number, error?: string): void {
    const { clock = systemClock } = this.#options;
    this.#stats.count(clock.now() - beganMs, error);
  }
}

/**
 * The name of a client: the second part of the subject that it hears on. A NATS server that allows each
 * program only an inbox of its own name makes sure that it is the client's.
 */
function peerOf(reply: string): string {
  return reply.split(".")[1] ?? reply;
}
