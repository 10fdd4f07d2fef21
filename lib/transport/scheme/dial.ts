/**
 * Connecting to an address of any scheme.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { Address } from "../address.ts";
import type { Connection } from "../connection.ts";
import { requireProtection } from "./loopback.ts";
import { formatAddress } from "./parse.ts";
import { type DialContext, listSchemes, schemes } from "./table.ts";

/**
 * Connects.
 *
 * @param address Where to.
 * @param context How to connect with TLS, and what is allowed.
 * @returns The connection.
 * @throws {DariError} `usage` for a scheme that cannot be connected to, `configuration` for an
 * unprotected one beyond loopback, unless `insecure`.
 * @throws {TransportError} `unavailable` when nothing answers or the server's certificate is refused.
 */
export async function dial(address: Address, context: DialContext): Promise<Connection> {
  const scheme = schemes[address.kind];
  if (scheme.dial === undefined) {
    const usable = listSchemes(({ dial }) => dial !== undefined);
    throw new DariError("usage", `Cannot connect to ${formatAddress(address)}: use ${usable}`);
  }
  requireProtection(address, context.insecure);
  return await scheme.dial(address, context);
}
