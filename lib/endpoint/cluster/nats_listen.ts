/**
 * Offering methods as a service of NATS. Each client shakes hands by TLS with this server, through NATS.
 *
 * @module
 */

import type { InstanceState } from "../../cluster/service/discovery.ts";
import { NatsService } from "../../cluster/service/nats_service.ts";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { turnIfDue } from "../../base/turn.ts";
import { limits } from "../../base/limits.ts";
import type { NatsAddress } from "../../transport/address.ts";
import type { Connection, Listener } from "../../transport/connection.ts";
import type { PeerStream } from "../../transport/peer_stream.ts";
import { formatAddress } from "../../transport/scheme/parse.ts";
import { socketSizes, StreamConnection } from "../../transport/stream_connection.ts";
import type { BeneathSource } from "../../transport/tls/node/node_tls_streams.ts";
import { HeldDuplex } from "../../transport/tls/stream/held_duplex.ts";
import { type NatsAccess, openNats } from "./nats_access.ts";

/** How a service is offered. */
export interface NatsListenOptions {
  /** How this program shows NATS servers who it is. */
  readonly nats?: NatsAccess | undefined;
  /** Lets TLS speak over connections, with the server's certificate. */
  readonly over: (source: BeneathSource) => Promise<Listener<PeerStream>>;
  /** What the methods are, for people. */
  readonly description?: string | undefined;
  /** How this server is, for those who ask by NATS. */
  readonly natsState?: (() => InstanceState) | undefined;
  /** The most connections open at once. */
  readonly maxConnections?: number | undefined;
  /** Time to finish a handshake, in milliseconds. @default {10_000} */
  readonly handshakeTimeoutMs?: number | undefined;
  /** Hears of each client that was refused: its address, and why. */
  readonly onRefused?: ((address: string, reason: string) => void) | undefined;
  /** Takes the connection to NATS, which ends after the last connection of a client. */
  readonly owned: AsyncDisposableStack;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/**
 * Offers the service.
 *
 * @param at The NATS servers, and the service's name.
 * @param options How.
 * @returns The listener.
 * @throws {DariError} `usage` for an address of one server, `configuration` when the NATS server does not
 * let this program offer the service.
 * @throws {TransportError} `unavailable` when no NATS server is reached.
 */
export async function listenNats(at: NatsAddress, options: NatsListenOptions): Promise<Listener> {
  const { nats = {}, over, owned } = options;
  const address = formatAddress(at);
  if (at.instance !== undefined) {
    throw new DariError("usage", `Cannot offer ${address}: each server gets an id of its own`);
  }
  const bus = await openNats(at, `dari ${at.service}`, nats);
  owned.defer(() => bus.close());
  const source = new NatsSource(address);
  const service = owned.use(
    new NatsService(bus, {
      service: at.service,
      description: options.description ?? "",
      maxStreams: options.maxConnections ?? limits.maxConnections,
      clock: options.clock,
      state: options.natsState,
      handshakeTimeoutMs: options.handshakeTimeoutMs,
      onStream: (stream, from) => source.add(new HeldDuplex(stream, { hostname: from, port: 0 })),
      onRefused: options.onRefused ?? (() => {}),
      onForbidden: (reason) => source.forbidden ??= reason,
    }),
  );
  source.stop = () => service.close();
  const listener = await over(source);
  await bus.flush();
  if (source.forbidden === undefined) return connectionsOf(listener);
  listener.close();
  throw new DariError(
    "configuration",
    `The NATS server does not let this program offer "${at.service}": its configuration must permit ` +
      `that (dari nats config writes one): ${source.forbidden}`,
  );
}

/** What comes through NATS, until TLS takes it. */
class NatsSource implements BeneathSource {
  readonly address: string;
  readonly transport = "nats";
  /** Why the NATS server does not let the service be offered. */
  forbidden: string | undefined;
  /** Takes no further clients. */
  stop = () => {};
  readonly #waiting: HeldDuplex[] = [];
  #isClosed = false;
  /** Wakes the loop that waits for a connection or the end. */
  #wake = () => {};

  constructor(address: string) {
    this.address = address;
  }

  add(beneath: HeldDuplex): void {
    beneath.on("error", () => {}); // the handshake, or the connection, hears of it as well
    this.#waiting.push(beneath);
    this.#wake();
  }

  close(): void {
    this.#isClosed = true;
    this.stop();
    for (const beneath of this.#waiting.splice(0)) beneath.destroy();
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<HeldDuplex> {
    while (!this.#isClosed) {
      const beneath = this.#waiting.shift();
      if (beneath !== undefined) {
        // A handshake is dear to begin: those who are connected have their turn between two.
        await turnIfDue();
        yield beneath;
      } else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}

function connectionsOf(listener: Listener<PeerStream>): Listener<Connection> {
  return {
    address: listener.address,
    close: () => listener.close(),
    async *[Symbol.asyncIterator](): AsyncGenerator<Connection> {
      for await (const stream of listener) {
        yield new StreamConnection(stream, stream.peer, socketSizes);
      }
    },
  };
}
