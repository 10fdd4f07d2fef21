/**
 * From an address to a connection, by Deno's own TLS where that is enough.
 *
 * @module
 */

import { dial } from "../transport/scheme/dial.ts";
import type { DialContext } from "../transport/scheme/table.ts";
import { PromptAckConnection } from "../transport/tls/prompt_ack_connection.ts";
import { connectTcp } from "../transport/tcp.ts";
import { connectTls, openTls } from "../transport/tls/tls_connect.ts";
import { connectUnix } from "../transport/unix.ts";
import { addressAt, type DialAddress } from "./servers/dial_address.ts";
import { openWebSocket } from "../transport/websocket/connect.ts";
import type { CertificateAndKey } from "../transport/tls/key_pair.ts";
import type { NatsDial } from "./cluster/nats_dial.ts";
import { bytesOfUnix } from "./machine/shared_memory.ts";
import { dialNodeTls, nodeTlsDialer } from "./node_tls_dial.ts";
import { dialPinned } from "./pinned_dial.ts";
import { clientCertificateOf, type DialOptions } from "./trust.ts";

/**
 * Gives a function that connects for one client. It keeps what the client's connections share, its
 * parsed private key among it, for as long as the client has the function.
 *
 * @param options Which servers to trust, and the client's certificate.
 * @returns Connects to an address until the signal ends the attempt. It throws `DariError` (`usage`,
 * `configuration`) for what cannot be used, and `TransportError` (`unavailable`) when nothing answers
 * or the server's certificate is refused.
 * @throws {TypeError} When there is a certificate without its key, a key without its certificate,
 * `caOnly` without `ca`, or a `fingerprint` that is none or stands beside `ca` or `insecure`.
 */
export function createDial(options: DialOptions): DialAddress {
  const { insecure = false, caOnly = false } = options;
  const pair = clientCertificateOf(options);
  if (caOnly && options.ca === undefined) throw new TypeError("Give ca together with caOnly");
  // Deno's own TLS is cheaper, but it sends no certificate, always checks the server's, and always
  // trusts the public authorities.
  const needsNode = pair !== undefined || insecure || caOnly;
  const tls = options.fingerprint !== undefined
    ? dialPinned(options, pair)
    : needsNode
    ? dialNodeTls(options, pair)
    : dialDenoTls(options);
  const overNode = options.fingerprint !== undefined
    ? dialPinned(options, pair, dialHeldWebSocket)
    : dialHeldWebSocket(options, pair);
  const wss = needsNode || options.fingerprint !== undefined
    ? overNode
    : dialDenoWebSocket(options);
  const unix: DialContext["unix"] = (path, signal) =>
    connectUnix(path, signal, bytesOfUnix(options.sharedMemory, false));
  const nats = dialNats(options);
  const sockets = { tls, tcp: connectTcp, unix, wss, nats };
  return (address, signal, ip) => dial(addressAt(address, ip), { ...sockets, insecure, signal });
}

/** The client of NATS loads for the first connection. */
function dialNats(options: DialOptions): DialContext["nats"] {
  const load = natsDialOf(options);
  return load && (async (at, signal) => await (await load()).connect(at, signal));
}

/**
 * Gives what loads connecting through NATS.
 *
 * @param options Which servers to trust, and the client's certificate.
 * @returns Gives the same each time; `undefined` where a fingerprint says whom to trust, which takes a
 * server that is reached without NATS.
 */
export function natsDialOf(options: DialOptions): (() => Promise<NatsDial>) | undefined {
  if (options.fingerprint !== undefined) return undefined;
  const load = async () => {
    const { NatsDial } = await import("./cluster/nats_dial.ts");
    const pair = clientCertificateOf(options);
    const dialer = nodeTlsDialer(options, pair);
    return new NatsDial({ ca: options.ca, pair }, dialer);
  };
  let loading: Promise<NatsDial> | undefined;
  return () => loading ??= load();
}

/** Deno's own stream waits for the reader, which node:tls alone would not. */
function dialHeldWebSocket(
  options: DialOptions,
  pair: CertificateAndKey | undefined,
): DialContext["wss"] {
  const dialer = nodeTlsDialer(options, pair);
  return async (at, signal) => {
    const { connectTlsStream } = await import("../transport/tls/node/node_tls_stream_connect.ts");
    const loaded = await dialer(at);
    return await openWebSocket(at, () => connectTlsStream(loaded, at, signal), signal);
  };
}

function dialDenoWebSocket({ ca = [] }: DialOptions): DialContext["wss"] {
  const authorities = typeof ca === "string" ? [ca] : ca;
  return (at, signal) =>
    openWebSocket(at, () => openTls({ ...at, ca: authorities }, "http/1.1", signal), signal);
}

function dialDenoTls({ ca = [] }: DialOptions): DialContext["tls"] {
  const authorities = typeof ca === "string" ? [ca] : ca;
  return async ({ host, port, ip }, signal) =>
    new PromptAckConnection(await connectTls({ host, port, ip, ca: authorities }, signal));
}
