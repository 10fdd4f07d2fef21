/**
 * Listening on an address, whatever its kind.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { type HostAddress, parseAddress } from "../address.ts";
import type { Listener } from "../connection.ts";
import { listenTcp } from "../tcp.ts";
import { listenUnix } from "../unix.ts";

/** What listening may need beside the address. */
export interface ListenOptions {
  /** Listens for `tls://`, where certificates come in. */
  readonly tls: (at: HostAddress) => Promise<Listener>;
  /**
   * Allow `tcp://` beyond loopback.
   *
   * @default {false}
   */
  readonly insecure?: boolean | undefined;
}

/**
 * Listens.
 *
 * @param address Where, for instance `tls://localhost:9090`.
 * @param options Certificates and permissions.
 * @returns The listener.
 * @throws {DariError} `usage` for what is no address or cannot be listened on, `configuration` for
 * plain TCP beyond loopback.
 * @throws {TransportError} `unavailable` when the address is taken.
 */
export async function listen(address: string, options: ListenOptions): Promise<Listener> {
  const parsed = parseAddress(address);
  switch (parsed.kind) {
    case "unix":
      return await listenUnix(parsed.path);
    case "tcp":
      return listenTcp({ ...parsed, insecure: options.insecure });
    case "tls":
      return await options.tls(parsed);
    default:
      throw new DariError("usage", `Cannot listen on ${address}: use tls://, unix: or tcp://`);
  }
}
