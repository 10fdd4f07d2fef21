/**
 * The way of one client to the servers of services.
 *
 * @module
 */

import { abortable, after } from "../../base/abort.ts";
import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Bus, BusMessage } from "../bus/bus.ts";
import { kinds, worded, wordsOf } from "../stream/frame.ts";
import type { NatsStream } from "../stream/nats_stream.ts";
import { StreamTable } from "../stream/stream_table.ts";
import { openSubject, openSubjectOf } from "../subjects.ts";

/** A connection to NATS that this client opened. */
export interface OwnBus extends Bus {
  /** Ends it. */
  close(): Promise<void>;
}

/** Which servers are meant. */
export interface Service {
  /** The service's name. */
  readonly service: string;
  /** The id of one server; any of them where it is absent. */
  readonly instance?: string | undefined;
}

/**
 * Connects to NATS when the first stream is opened, and ends that connection once nothing is open and
 * nothing under way.
 */
export class NatsWay {
  readonly #connect: () => Promise<OwnBus>;
  /** The connection, while it is used. */
  #open: Promise<{ bus: OwnBus; table: StreamTable }> | undefined;
  /** How many are waiting for something. */
  #waiting = 0;

  /** @param connect Connects to NATS. */
  constructor(connect: () => Promise<OwnBus>) {
    this.#connect = connect;
  }

  /**
   * Opens a stream to a server.
   *
   * @param service Which server.
   * @param signal Ends the attempt.
   * @throws {TransportError} `unavailable` when NATS is not reached, or no server takes the client.
   */
  async open({ service, instance }: Service, signal: AbortSignal): Promise<NatsStream> {
    return await this.#using(signal, async ({ bus, table }) => {
      const from = table.subject();
      const to = instance === undefined ? openSubject(service) : openSubjectOf(service, instance);
      const { promise, resolve, reject } = Promise.withResolvers<NatsStream>();
      table.expect(from, ({ data, isNobody }) => {
        if (isNobody) return reject(nobody(service));
        if (data[0] === kinds.opened) return resolve(table.open(from, wordsOf(data)));
        if (data[0] === kinds.cut) reject(unavailable(`"${service}" refuses`, wordsOf(data)));
      });
      const onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      using _lost = bus.onLost((reason) => reject(unavailable("Cannot reach NATS", reason)));
      using _denied = bus.onDenied((subject) => subject === to && reject(forbidden(subject)));
      try {
        bus.publish(to, worded(kinds.open), from);
        return await promise;
      } finally {
        signal.removeEventListener("abort", onAbort);
        table.forget(from);
      }
    });
  }

  /**
   * Asks which servers a service has.
   *
   * @param service The service's name.
   * @param signal Ends the question.
   * @returns Their ids, those that answered.
   * @throws {TransportError} `unavailable` when NATS is not reached, or nobody answers.
   */
  async discover(service: string, signal: AbortSignal): Promise<string[]> {
    return await this.#using(signal, async ({ bus, table }) => {
      const found = new Set<string>();
      const from = table.subject();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const stopAll = after(limits.natsDiscoverMs, resolve);
      let stopQuiet = () => {};
      table.expect(from, (answer) => {
        if (answer.isNobody) return resolve();
        const instance = instanceOf(answer, service);
        if (instance === undefined || found.size >= limits.maxServers) return;
        found.add(instance);
        stopQuiet();
        stopQuiet = after(limits.natsDiscoverQuietMs, resolve);
      });
      const question = `$SRV.PING.${service}`;
      const onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      using _denied = bus.onDenied((subject) => subject === question && reject(forbidden(subject)));
      try {
        bus.publish(question, new Uint8Array(), from);
        await promise;
      } finally {
        signal.removeEventListener("abort", onAbort);
        stopAll();
        stopQuiet();
        table.forget(from);
      }
      if (found.size === 0) throw nobody(service);
      return [...found];
    });
  }

  async #using<T>(
    signal: AbortSignal,
    work: (open: { bus: OwnBus; table: StreamTable }) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    this.#waiting++;
    try {
      this.#open ??= this.#begin();
      const open = await abortable(this.#open, signal);
      if (!open.bus.isConnected) {
        throw unavailable("Cannot reach NATS", "its server is not there at the moment");
      }
      return await work(open);
    } finally {
      this.#waiting--;
      this.#endIfUnused();
    }
  }

  async #begin(): Promise<{ bus: OwnBus; table: StreamTable }> {
    try {
      const bus = await this.#connect();
      let refusal: string | undefined;
      const table = new StreamTable(bus, bus.inbox, {
        onEmpty: () => this.#endIfUnused(),
        onRefused: (reason) => refusal ??= reason,
      });
      await bus.flush();
      if (refusal === undefined) return { bus, table };
      await bus.close();
      throw forbidden(bus.inbox);
    } catch (error) {
      this.#open = undefined;
      throw error;
    }
  }

  /** A client that has just heard which servers there are connects to them at once. */
  #endIfUnused(): void {
    if (this.#waiting > 0 || this.#open === undefined) return;
    const opened = this.#open;
    opened.then(({ bus, table }) =>
      after(limits.natsLingerMs, () => {
        if (this.#waiting > 0 || this.#open !== opened || table.size > 0) return;
        this.#open = undefined;
        table[Symbol.dispose]();
        bus.close();
      }), () => {}); // it was never open
  }
}

function instanceOf({ data }: BusMessage, service: string): string | undefined {
  try {
    const { name, id } = JSON.parse(new TextDecoder().decode(data)) as Record<string, unknown>;
    return name === service && typeof id === "string" && ID.test(id) ? id : undefined;
  } catch {
    return undefined; // somebody else answers there
  }
}

const ID = /^[A-Za-z0-9_-]{1,64}$/;

function nobody(service: string): TransportError {
  const message = `No server offers "${service}" through NATS: start one with dari serve --cluster`;
  return new TransportError("unavailable", message);
}

function forbidden(subject: string): TransportError {
  const message = `The NATS server does not let this program use "${subject}": its configuration ` +
    "must permit that (dari nats config writes one)";
  return new TransportError("unavailable", message, { retryable: false });
}

function unavailable(what: string, reason: string): TransportError {
  return new TransportError("unavailable", `${what}: ${reason}`);
}
