/**
 * The server of a scan: its name is looked up once, and every connection goes to the same address.
 *
 * @module
 */

import { TransportError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import type { ScannedServer } from "../../ops/scan/scan.ts";
import { type HostAddress, hostAndPort } from "../../transport/address.ts";
import type { ByteStream } from "../../transport/stream_connection.ts";

/** What is found out before a scan. */
export interface FindOptions {
  /** The name in ClientHellos and in the certificate; the host when left out. */
  readonly name?: string | undefined;
  /** Ends the attempt. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds the address of a server by a first connection, which is closed again.
 *
 * @param server The host and port.
 * @param options The name that is meant.
 * @throws {TransportError} `unavailable` when it cannot be reached.
 */
export async function findServer(
  { host, port }: Pick<HostAddress, "host" | "port">,
  { name = host, signal }: FindOptions = {},
): Promise<ScannedServer> {
  const address = hostAndPort(host, port);
  const outOfTime = AbortSignal.timeout(limits.scanConnectionTimeoutMs);
  const ending = signal === undefined ? outOfTime : AbortSignal.any([outOfTime, signal]);
  let ip: string;
  try {
    using conn = await Deno.connect({ hostname: host, port, signal: ending });
    ip = conn.remoteAddr.hostname;
  } catch (cause) {
    const reason = outOfTime.aborted ? "it does not answer in time" : reasonOf(cause);
    throw new TransportError("unavailable", `Cannot scan ${address}: ${reason}`, { cause });
  }
  return {
    address,
    connectedTo: hostAndPort(ip, port),
    name,
    isIp: /^[\d.]+$|:/.test(name),
    dial: (signal) => dial(ip, port, signal),
  };
}

async function dial(hostname: string, port: number, signal: AbortSignal): Promise<ByteStream> {
  const conn = await Deno.connect({ hostname, port, signal });
  conn.setNoDelay();
  return conn;
}
