/**
 * Connecting to TCP and to Unix sockets with node:net, for Node and Bun. In Deno `tcp.ts` and
 * `unix.ts` do it.
 *
 * @module
 */

import { abortable } from "../../base/abort.ts";
import { TransportError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { hostAndPort } from "../address.ts";
import type { Connection } from "../connection.ts";
import { processBudget } from "../shared_budget.ts";
import { NodeSocketConnection } from "./node_socket_connection.ts";
import { connect, type NetConnectOpts, type Socket } from "node:net"; // Node and Bun have no other sockets

/** A host and its port. */
export interface SocketTarget {
  /** A name or an IP address. */
  readonly host: string;
  /** The port. */
  readonly port: number;
  /** The IP address to connect to, where the name was looked up before. */
  readonly ip?: string | undefined;
}

/**
 * Connects by TCP.
 *
 * @param target Where to.
 * @param signal Ends the attempt.
 * @returns The connection.
 * @throws {TransportError} `unavailable` when nothing answers.
 */
export async function connectNodeTcp(
  { host, port, ip = host }: SocketTarget,
  signal?: AbortSignal,
): Promise<Connection> {
  const address = hostAndPort(host, port);
  const socket = await open({ host: ip, port, allowHalfOpen: true }, address, signal);
  socket.setNoDelay(true);
  return new NodeSocketConnection(socket, { transport: "tcp", address }, processBudget);
}

/**
 * Connects to a Unix socket.
 *
 * @param path The socket's path.
 * @param signal Ends the attempt.
 * @returns The connection.
 * @throws {TransportError} `unavailable` when nothing answers.
 */
export async function connectNodeUnix(path: string, signal?: AbortSignal): Promise<Connection> {
  const socket = await open({ path, allowHalfOpen: true }, `unix:${path}`, signal);
  return new NodeSocketConnection(socket, { transport: "unix", address: path }, processBudget);
}

async function open(
  options: NetConnectOpts,
  address: string,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect(options, () => resolve(socket));
  socket.on("error", reject); // stays: an error without a listener would end the program
  try {
    return await abortable(promise, signal);
  } catch (cause) {
    socket.destroy();
    throw new TransportError("unavailable", `Cannot connect to ${address}: ${refusal(cause)}`, {
      cause,
    });
  }
}

function refusal(cause: unknown): string {
  const { code } = cause as { code?: string };
  return code === "ECONNREFUSED" || code === "ENOENT"
    ? "nothing listens there; start the server first"
    : reasonOf(cause);
}
