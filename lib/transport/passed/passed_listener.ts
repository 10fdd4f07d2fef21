/**
 * Listening without TLS on a socket that was handed over.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { hostAndPort } from "../address.ts";
import type { Connection, Listener, Peer } from "../connection.ts";
import { NodeSocketConnection } from "../node/node_socket_connection.ts";
import { processBudget } from "../shared_budget.ts";
import type { PassedServer } from "./passed_server.ts";

/** What {@linkcode listenPassed} is told of a socket. */
export interface PassedListenOptions {
  /** Its address as text. */
  readonly address: string;
  /** The path of a Unix socket; `undefined` for TCP. */
  readonly path?: string | undefined;
  /** The most connections open at once. @default {10_000} */
  readonly maxConnections?: number | undefined;
  /** Hears of each refused connection: its address, and why. */
  readonly onRefused?: ((address: string, reason: string) => void) | undefined;
  /** Hears when the socket had stopped accepting for want of descriptors. */
  readonly tell?: ((line: string, level: "warn") => void) | undefined;
}

/**
 * Listens.
 *
 * @param server The socket; the listener closes it.
 * @param options What is known of it.
 */
export function listenPassed(server: PassedServer, options: PassedListenOptions): Listener {
  const { address, path, maxConnections = limits.maxConnections, onRefused, tell } = options;
  const waiting: Connection[] = [];
  let isClosed = false;
  let wake = () => {};
  server.accept({
    maxConnections,
    tell,
    onDropped: (from) => onRefused?.(path ?? from, `${maxConnections} connections are open`),
    onSocket(socket) {
      const { remoteAddress = "", remotePort = 0 } = socket;
      const from = hostAndPort(remoteAddress, remotePort);
      socket.on("error", () => {}); // stays: an error without a listener would end the program
      if (server.isOwn(from)) return void socket.destroy();
      if (path === undefined) socket.setNoDelay(true);
      const peer: Peer = path === undefined
        ? { transport: "tcp", address: from }
        : { transport: "unix", address: path };
      waiting.push(new NodeSocketConnection(socket, peer, processBudget));
      wake();
    },
  });
  return {
    address,
    close(): void {
      isClosed = true;
      server.close();
      for (const connection of waiting.splice(0)) connection.abort();
      wake();
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<Connection> {
      while (!isClosed) {
        const connection = waiting.shift();
        if (connection !== undefined) yield connection;
        else await new Promise<void>((resolve) => wake = resolve);
      }
    },
  };
}
