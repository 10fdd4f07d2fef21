/**
 * Listening on a socket that systemd hands over. Loaded only for a server that does.
 *
 * @module
 */

import { type Address, type HostAddress, hostAndPort } from "../../transport/address.ts";
import type { Listener } from "../../transport/connection.ts";
import { listenPassed, type PassedListenOptions } from "../../transport/passed/passed_listener.ts";
import type { PassedServer } from "../../transport/passed/passed_server.ts";
import type { PassedSockets } from "../../transport/passed/passed_sockets.ts";
import { requirePrivateSocket } from "../../transport/passed/private_socket.ts";
import { joinListeners } from "../../transport/scheme/localhost.ts";
import { requireProtection } from "../../transport/scheme/loopback.ts";
import { schemes } from "../../transport/scheme/table.ts";
import type { TlsAcceptor } from "../../transport/tls/node/tls_acceptor.ts";

/** Which socket is meant. */
export interface PassedPlace {
  /** What it listens on. */
  readonly address: Address;
  /** The name under which it is handed over. */
  readonly socketName: string;
}

/** How it is listened on. */
export interface PassedOptions extends Omit<PassedListenOptions, "address" | "path"> {
  /** Listens with the server's certificate. */
  readonly adopt: (at: HostAddress, acceptor: TlsAcceptor) => Promise<Listener>;
  /** Allow unprotected schemes beyond loopback. @default {false} */
  readonly insecure?: boolean | undefined;
}

/**
 * Listens.
 *
 * @param sockets What systemd hands over.
 * @param place Which of them.
 * @param options How.
 * @returns One listener for all sockets that have the name and the address.
 * @throws {DariError} `configuration` when there is no such socket, when it is open to more than it
 * may be, or when the certificate cannot be used.
 */
export async function listenOnPassed(
  sockets: PassedSockets,
  { address, socketName }: PassedPlace,
  options: PassedOptions,
): Promise<Listener> {
  requireProtection(address, options.insecure);
  if (address.kind === "unix") await requirePrivateSocket(address.path);
  const servers = await sockets.take(socketName, address);
  const listeners: Listener[] = [];
  try {
    for (const server of servers) listeners.push(await open(server, address, options));
  } catch (error) {
    for (const opened of [...listeners, ...servers.slice(listeners.length)]) opened.close();
    throw error;
  }
  return joinListeners(listeners as [Listener, ...Listener[]]);
}

async function open(
  server: PassedServer,
  address: Address,
  { adopt, maxConnections, onRefused, tell }: PassedOptions,
): Promise<Listener> {
  const shared = { maxConnections, onRefused, tell };
  if (address.kind === "unix") {
    const { path } = address;
    return listenPassed(server, { ...shared, address: `unix:${path}`, path });
  }
  if (address.kind === "nats") throw new TypeError("systemd hands over no service of NATS");
  const { port } = server.at!;
  if (schemes[address.kind].needs === "certificate") {
    return await adopt({ ...address, port }, server);
  }
  return listenPassed(server, { ...shared, address: `tcp://${hostAndPort(address.host, port)}` });
}
