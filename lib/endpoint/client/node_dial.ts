/**
 * From an address to a connection by node:net and node:tls.
 *
 * @module
 */

import { dial } from "../../transport/scheme/dial.ts";
import type { DialContext } from "../../transport/scheme/table.ts";
import { addressAt, type DialAddress } from "../servers/dial_address.ts";
import { limits } from "../../base/limits.ts";
import type { CertificateAndKey } from "../../transport/tls/key_pair.ts";
import { dialNodeTls, nodeTlsDialer } from "../node_tls_dial.ts";
import { dialPinned } from "../pinned_dial.ts";
import { clientCertificateOf, type DialOptions } from "../trust.ts";

/**
 * Gives a function that connects for one client, as `createDial` does by Deno's own sockets.
 *
 * @param options Which servers to trust, and the client's certificate.
 * @returns Connects to an address until the signal ends the attempt.
 * @throws {TypeError} When there is a certificate without its key, a key without its certificate, or
 * `caOnly` without `ca`.
 */
export function createNodeDial(options: DialOptions): DialAddress {
  const { insecure = false, caOnly = false } = options;
  if (caOnly && options.ca === undefined) throw new TypeError("Give ca together with caOnly");
  const pair = clientCertificateOf(options);
  const tls = options.fingerprint === undefined
    ? dialNodeTls(options, pair)
    : dialPinned(options, pair);
  const wss = options.fingerprint === undefined
    ? dialNodeWebSocket(options, pair)
    : dialPinned(options, pair, dialNodeWebSocket);
  return (address, signal, ip) =>
    dial(addressAt(address, ip), { ...sockets, tls, wss, insecure, signal });
}

function dialNodeWebSocket(
  options: DialOptions,
  pair: CertificateAndKey | undefined,
): DialContext["wss"] {
  const dialer = nodeTlsDialer(options, pair);
  return async (at, signal) => {
    const [{ openWebSocket }, { DuplexStream }, loaded] = await Promise.all([
      import("../../transport/websocket/connect.ts"),
      import("../../transport/node/duplex_stream.ts"),
      dialer(at),
    ]);
    const { host, port, ip = host } = at;
    return await openWebSocket(at, async () => {
      const target = { host: ip, port, ALPNProtocols: ["http/1.1"] };
      const { socket } = await loaded.open(at, target, signal);
      socket.setNoDelay(true);
      return new DuplexStream(socket, () => limits.maxWaitingBytes);
    }, signal);
  };
}

const sockets: Pick<DialContext, "tcp" | "unix"> = {
  // Loaded when it is used: a client over an open connection needs no socket.
  tcp: async (at, signal) => (await loadSockets()).connectNodeTcp(at, signal),
  unix: async (path, signal) => (await loadSockets()).connectNodeUnix(path, signal),
};

function loadSockets() {
  return import("../../transport/node/socket_connect.ts");
}
