/**
 * Connecting to an address, whatever its kind.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { parseAddress } from "../address.ts";
import type { Connection } from "../connection.ts";
import { connectTcp } from "../tcp.ts";
import { connectTls } from "../tls/tls_connect.ts";
import { connectUnix } from "../unix.ts";

/** What connecting may need beside the address. */
export interface DialOptions {
  /** Authorities to trust beside the public ones, PEM. */
  readonly ca?: string | readonly string[] | undefined;
  /**
   * Allow `tcp://` beyond loopback.
   *
   * @default {false}
   */
  readonly insecure?: boolean | undefined;
  /** Ends the attempt. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects.
 *
 * @param address Where to, for instance `tls://localhost:9090`.
 * @param options Whom to trust.
 * @returns The connection.
 * @throws {DariError} `usage` for what is no address or cannot be connected to.
 * @throws {TransportError} `unavailable` when nothing answers or the certificate does not hold.
 */
export async function dial(address: string, options: DialOptions = {}): Promise<Connection> {
  const parsed = parseAddress(address);
  const { ca = [], insecure, signal } = options;
  switch (parsed.kind) {
    case "unix":
      return await connectUnix(parsed.path);
    case "tcp":
      return await connectTcp({ ...parsed, insecure }, signal);
    case "tls":
      return await connectTls({ ...parsed, ca: typeof ca === "string" ? [ca] : ca }, signal);
    default:
      throw new DariError("usage", `Cannot connect to ${address}: use tls://, unix: or tcp://`);
  }
}
