/**
 * Listening and connecting for bytes: what a proxy stands between.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import type { RevocationListFile } from "../cert/server/client_revocations.ts";
import type { Address, HostAddress } from "../transport/address.ts";
import type { Listener } from "../transport/connection.ts";
import {
  connectTcpStream,
  connectUnixStream,
  listenTcpStreams,
  listenUnixStreams,
  type PeerStream,
} from "../transport/peer_stream.ts";
import { listenLocalhost } from "../transport/scheme/localhost.ts";
import { requireProtection } from "../transport/scheme/loopback.ts";
import { formatAddress } from "../transport/scheme/parse.ts";
import type { CertificateAndKey } from "../transport/tls/key_pair.ts";
import {
  keptUpToDate,
  openServerCredentials,
  type ServerCredentialsChoice,
} from "./server_credentials.ts";

/** How a proxy listens with TLS; `serve` describes each. */
export interface TlsStreamsChoice extends ServerCredentialsChoice {
  readonly clientCa: NonNullable<ServerCredentialsChoice["clientCa"]>;
  readonly crl?: RevocationListFile | undefined;
  readonly tlsMin?: "1.2" | "1.3" | undefined;
  readonly maxConnections?: number | undefined;
  readonly onRefused?: ((address: string, reason: string) => void) | undefined;
  /** Takes what has to be closed after the last connection. */
  readonly owned: AsyncDisposableStack;
}

/**
 * Listens with TLS for clients that have a certificate.
 *
 * @param at Where; `localhost` is listened on by IPv4 and IPv6.
 * @param choice The certificate, and whom to accept.
 * @returns The listener.
 * @throws {DariError} `configuration` when certificates cannot be used, or their trial failed.
 * @throws {TransportError} `unavailable` when the port is in use.
 */
export async function listenForMembers(
  at: HostAddress,
  choice: TlsStreamsChoice,
): Promise<Listener<PeerStream>> {
  const credentials = await openServerCredentials([at.host], choice);
  const [{ openClientChecks, tryAuthorities }, { listenTlsStreams }] = await Promise.all([
    import("./listen_node_tls.ts"),
    import("../transport/tls/node/node_tls_streams.ts"),
  ]);
  const { tlsMin, maxConnections, onRefused, clock, tell } = choice;
  const checks = await openClientChecks(choice);
  await tryAuthorities(credentials.current, { ...checks, tlsMin, clock, tell });
  const open = (at: HostAddress) => {
    const { current } = credentials;
    const { clientCa } = current;
    if (clientCa === undefined) throw new Error("a proxy's clients have certificates");
    const { host, port } = at;
    const shared = { tlsMin, maxConnections, onRefused, clock };
    const listener = listenTlsStreams({ ...shared, ...checks, ...current, clientCa, host, port });
    return keptUpToDate(credentials, current, listener);
  };
  return at.host === "localhost" ? await listenLocalhost(at, open) : open(at);
}

/**
 * Listens without protection: on this machine alone.
 *
 * @param address A Unix socket, or TCP on loopback.
 * @returns The listener.
 * @throws {DariError} `usage` for other schemes, `configuration` beyond loopback.
 * @throws {TransportError} `unavailable` when the address is taken.
 */
export async function listenLocally(address: Address): Promise<Listener<PeerStream>> {
  requireProtection(address);
  if (address.kind === "unix") return await listenUnixStreams(address.path);
  if (address.kind === "tcp") {
    return address.host === "localhost"
      ? await listenLocalhost(address, listenTcpStreams)
      : listenTcpStreams(address);
  }
  throw new DariError("usage", `Cannot listen on ${formatAddress(address)}: use tcp:// or unix:`);
}

/**
 * Gives what connects to a service on this machine or its network, without TLS.
 *
 * @param address The service: TCP or a Unix socket.
 * @returns Connects.
 * @throws {DariError} `usage` for other schemes.
 */
export function dialService(address: Address): (signal: AbortSignal) => Promise<PeerStream> {
  if (address.kind === "unix") return (signal) => connectUnixStream(address.path, signal);
  if (address.kind === "tcp") return (signal) => connectTcpStream(address, signal);
  throw new DariError(
    "usage",
    `Cannot pass bytes on to ${formatAddress(address)}: use tcp:// or unix:`,
  );
}

/** How the other end of a proxy is connected to. */
export interface MemberDial {
  /** The client's certificate and its key. */
  readonly pair: CertificateAndKey;
  /** The authorities to trust in place of the public ones, PEM. */
  readonly ca?: string | undefined;
}

/**
 * Gives what connects to a proxy on another machine, with TLS and a certificate.
 *
 * @param at The proxy.
 * @param options The certificate, and which authorities to trust.
 * @returns Connects.
 */
export function dialMembers(
  at: HostAddress,
  { pair, ca }: MemberDial,
): (signal: AbortSignal) => Promise<PeerStream> {
  const load = async () => {
    const [{ NodeTlsDialer }, { PeerVerifier }, { connectTlsStream }] = await Promise.all([
      import("../transport/tls/node/node_tls_connect.ts"),
      import("../cert/path/peer_verifier.ts"),
      import("../transport/tls/node/node_tls_stream_connect.ts"),
    ]);
    const verifier = new PeerVerifier();
    const dialer = new NodeTlsDialer({
      ca,
      pair,
      verifyServer: (chain, host) => verifier.verifyServer(chain, host),
    });
    return (signal: AbortSignal) => connectTlsStream(dialer, at, signal);
  };
  let loading: ReturnType<typeof load> | undefined;
  return async (signal) => await (await (loading ??= load()))(signal);
}
