/**
 * Connecting to the servers of a service through NATS. TLS runs from the client to the server, so that
 * NATS servers and their other users neither read nor change what is said.
 *
 * @module
 */

import { certificateNameOf } from "../../cluster/service/certificate_name.ts";
import { NatsWay } from "../../cluster/service/nats_way.ts";
import { TransportError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import type { NatsAddress } from "../../transport/address.ts";
import type { Connection, Peer } from "../../transport/connection.ts";
import type { PeerStream } from "../../transport/peer_stream.ts";
import { formatAddress } from "../../transport/scheme/parse.ts";
import { socketSizes, StreamConnection } from "../../transport/stream_connection.ts";
import { ALPN, RECORDS_ALPN } from "../../transport/tls/alpn.ts";
import { type Handover, openRecords } from "../../transport/tls/records/handover.ts";
import { HeldDuplex } from "../../transport/tls/stream/held_duplex.ts";
import { TlsByteStream } from "../../transport/tls/stream/tls_byte_stream.ts";
import type { NodeTlsDialer } from "../../transport/tls/node/node_tls_connect.ts";
import { type NatsAccess, openNats } from "./nats_access.ts";

/** Connects to services through NATS, for one client. */
export class NatsDial {
  readonly #access: NatsAccess;
  readonly #dialer: (at: NatsAddress) => Promise<NodeTlsDialer>;
  /** By the NATS servers of an address. */
  readonly #ways = new Map<string, NatsWay>();

  /**
   * @param access Which NATS servers to trust, and how to show them who this is.
   * @param dialer Gives what shakes hands with the servers of services.
   */
  constructor(access: NatsAccess, dialer: (at: NatsAddress) => Promise<NodeTlsDialer>) {
    this.#access = access;
    this.#dialer = dialer;
  }

  /**
   * Connects to a server of a service.
   *
   * @param at The service, or one of its servers.
   * @param signal Ends the attempt.
   * @throws {TransportError} `unavailable` when no server takes the client, or its certificate is refused.
   */
  async connect(at: NatsAddress, signal?: AbortSignal): Promise<Connection> {
    const stream = await this.open(at, signal);
    return new StreamConnection(stream, stream.peer, socketSizes);
  }

  /**
   * Connects to a server of a service for bytes.
   *
   * @param at The service, or one of its servers.
   * @param signal Ends the attempt.
   * @throws As {@linkcode connect} does.
   */
  async open(
    at: NatsAddress,
    signal: AbortSignal = AbortSignal.timeout(limits.connectTimeoutMs),
  ): Promise<PeerStream> {
    const address = formatAddress(at);
    const target = { host: certificateNameOf(at.service), port: 0, address };
    const dialer = await this.#dialer(at);
    const beneath = new HeldDuplex(await this.#wayOf(at).open(at, signal));
    beneath.on("error", () => {}); // the socket above hears of it as well
    try {
      const over = { socket: beneath, ALPNProtocols: [RECORDS_ALPN, ALPN] };
      const { socket, certificate, chain } = await dialer.open(target, over, signal);
      const { bindingsOf } = await import("../../cert/server/channel_binding.ts");
      const peer: Peer = {
        transport: "nats",
        address,
        protocol: socket.getProtocol() ?? "",
        cipher: socket.getCipher().name,
        channelBindings: bindingsOf(chain.certificates[0]),
        ...(certificate === undefined ? {} : { certificate }),
      };
      return socket.alpnProtocol === RECORDS_ALPN
        ? await toRecords({ socket, beneath, peer, timeoutMs: limits.handshakeTimeoutMs, signal })
        : new TlsByteStream(socket, beneath, peer); // an older server
    } catch (error) {
      beneath.destroy();
      throw error;
    }
  }

  /**
   * Asks which servers a service has.
   *
   * @param at The service.
   * @param signal Ends the question.
   * @returns The address of each.
   * @throws {TransportError} `unavailable` when nobody answers.
   */
  async discover(at: NatsAddress, signal: AbortSignal): Promise<NatsAddress[]> {
    const instances = await this.#wayOf(at).discover(at.service, signal);
    return instances.map((instance) => ({ ...at, instance }));
  }

  #wayOf(at: NatsAddress): NatsWay {
    const name = formatAddress({ ...at, service: limits.serviceName, instance: undefined });
    const known = this.#ways.get(name);
    if (known !== undefined) return known;
    const way = new NatsWay(() => openNats(at, "dari client", this.#access));
    this.#ways.set(name, way);
    return way;
  }
}

async function toRecords(handover: Handover): Promise<PeerStream> {
  try {
    return await openRecords(handover);
  } catch (cause) {
    if (handover.signal?.aborted) throw cause;
    const message = `Cannot connect to ${handover.peer.address}: ${reasonOf(cause)}`;
    throw new TransportError("unavailable", message, { cause });
  }
}
