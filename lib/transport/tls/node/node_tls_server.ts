/**
 * The parts of a node:tls server: its credentials and its port.
 *
 * @module
 */

import type { Server } from "node:tls"; // see node_tls_connection.ts
import { TransportError } from "../../../base/errors.ts";
import { reasonOf } from "../../../base/file/reason.ts";
import { limits } from "../../../base/limits.ts";
import { hostAndPort } from "../../address.ts";
import { checkKeyPair, splitAuthorities, type TlsCredentials } from "../key_pair.ts";
import { permittedHost } from "./net_permission.ts";

/** Where a server listens. */
export interface ServerAddress {
  /** A name or an IP address. */
  readonly host: string;
  /** The port; 0 lets the system choose. */
  readonly port: number;
  /** The most connections that wait to be accepted. @default {511} */
  readonly backlog?: number | undefined;
  /** Whether others that say so too may listen there as well. @default {false} */
  readonly reusePort?: boolean | undefined;
}

/**
 * Binds a port, and says what to do when that fails.
 *
 * @param server The server.
 * @param at Where, and how many connections may wait to be accepted.
 * @throws {DariError} `configuration` when the permission is missing.
 * @throws {TransportError} `unavailable` when the port is in use.
 */
export async function bindServer(
  server: Server,
  { host, port, backlog = limits.listenBacklog, reusePort = false }: ServerAddress,
): Promise<void> {
  const permitted = permittedHost({ host, port });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onError = (cause: Error & { code?: string }) => {
    const reason = cause.code === "EADDRINUSE"
      ? "the port is in use; stop the other program or choose another port"
      : reasonOf(cause);
    const where = hostAndPort(host, port);
    reject(new TransportError("unavailable", `Cannot listen on ${where}: ${reason}`, { cause }));
  };
  server.once("error", onError);
  try {
    // What Node and Deno know; the types are older.
    const at = { port, host: permitted, backlog, reusePort };
    server.listen(at, resolve);
    await promise;
  } finally {
    server.off("error", onError);
    server.off("listening", resolve);
  }
}

/**
 * The credentials for node:tls, checked first because it does not.
 *
 * @param credentials Certificate, key and client authorities, PEM.
 * @param tlsMin The oldest version of TLS that is spoken.
 * @throws {DariError} `configuration` when the key is not the certificate's or an authority cannot be
 * read.
 */
export function contextOf({ cert, key, clientCa }: TlsCredentials, tlsMin: "1.2" | "1.3" = "1.2") {
  checkKeyPair({ cert, key });
  return {
    cert,
    key,
    minVersion: `TLSv${tlsMin}` as const,
    ...(clientCa === undefined ? {} : { ca: splitAuthorities(clientCa) }),
  };
}
