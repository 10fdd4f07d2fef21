/**
 * How a program shows NATS servers who it is, and which of them it trusts.
 *
 * @module
 */

import type { NatsSockets } from "../../cluster/bus/nats_transport.ts";
import type { NatsBus } from "../../cluster/bus/nats_bus.ts";
import { hostAndPort, isLoopback, type NatsAddress } from "../../transport/address.ts";
import { dialTcp } from "../../transport/tcp.ts";
import { HeldDuplex } from "../../transport/tls/stream/held_duplex.ts";
import { TlsByteStream } from "../../transport/tls/stream/tls_byte_stream.ts";
import type { CertificateAndKey } from "../../transport/tls/key_pair.ts";

/** How a program shows NATS servers who it is, and which of them it trusts. */
export interface NatsAccess {
  /** Their authorities, PEM; public ones where there are none. */
  readonly ca?: string | readonly string[] | undefined;
  /** The certificate and key of this program, for NATS servers that ask for one, PEM. */
  readonly pair?: CertificateAndKey | undefined;
  /**
   * Gives the pair that there is now, for a connection that is opened again: the certificate may have been
   * renewed meanwhile.
   *
   * @default {pair}
   */
  readonly pairNow?: (() => Promise<CertificateAndKey>) | undefined;
}

/** By its name a NATS server keeps others from the answers to this program. */
async function identityOfPair(cert: string): Promise<string> {
  const { identityOf, parseCertificates } = await import("../../cert/x509/certificate.ts");
  return identityOf(parseCertificates(cert)[0]);
}

/**
 * Connects to the NATS servers of an address. Without TLS only where they are all on this machine. The
 * client of NATS loads now.
 *
 * @param at The address.
 * @param name The name of this program in their lists.
 * @param access The authorities to trust, and this program's certificate.
 * @throws {TransportError} `unavailable` when none is reached, or it refuses this program.
 */
export async function openNats(
  { servers }: NatsAddress,
  name: string,
  access: NatsAccess,
): Promise<NatsBus> {
  const { NatsBus } = await import("../../cluster/bus/nats_bus.ts");
  return await NatsBus.open({
    servers: servers.map(({ host, port }) => hostAndPort(host, port)),
    name,
    sockets: await socketsOf(access),
    inboxName: access.pair && await identityOfPair(access.pair.cert),
    allowsPlain: servers.every(({ host }) => isLoopback(host)),
  });
}

/** By node:tls, which alone shows a certificate, and verified as every server is. */
async function socketsOf({ ca, pair, pairNow }: NatsAccess): Promise<NatsSockets> {
  const [{ NodeTlsDialer }, { PeerVerifier }] = await Promise.all([
    import("../../transport/tls/node/node_tls_connect.ts"),
    import("../../cert/path/peer_verifier.ts"),
  ]);
  const verifier = new PeerVerifier();
  const dialerWith = (pair: CertificateAndKey | undefined) =>
    new NodeTlsDialer({
      ca: ca === undefined || typeof ca === "string" ? ca : ca.join("\n"),
      pair,
      verifyServer: (chain, host) => verifier.verifyServer(chain, host),
    });
  const kept = dialerWith(pair);
  const dialerNow = async () => {
    // One that cannot be read now leaves the one that was there at first.
    const now = await pairNow?.().catch(() => undefined);
    return now === undefined || now.cert === pair?.cert ? kept : dialerWith(now);
  };
  return {
    connect: (host, port, signal) => dialTcp({ host, port }, signal),
    async secure(stream, host) {
      const beneath = new HeldDuplex(stream);
      beneath.on("error", () => {}); // the socket above hears of it as well
      try {
        const target = { host, port: 0, address: `nats://${host}` };
        const dialer = await dialerNow();
        const { socket } = await dialer.open(target, { socket: beneath });
        return new TlsByteStream(socket, beneath, { transport: "tls", address: host });
      } catch (error) {
        beneath.destroy();
        throw error;
      }
    },
  };
}
