/**
 * Listening on an address of any scheme.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { Address } from "../address.ts";
import type { Listener } from "../connection.ts";
import { listenLocalhost } from "./localhost.ts";
import { requireProtection } from "./loopback.ts";
import { formatAddress } from "./parse.ts";
import { type ListenContext, listSchemes, schemes } from "./table.ts";

/**
 * Listens. `localhost` is listened on by IPv4 and IPv6.
 *
 * @param address Where.
 * @param context How to listen with TLS, and what is allowed.
 * @returns The listener.
 * @throws {DariError} `usage` for a scheme that cannot be listened on, `configuration` for an
 * unprotected one beyond loopback, unless `insecure`.
 * @throws {TransportError} `unavailable` when the address is taken.
 */
export async function listen(address: Address, context: ListenContext): Promise<Listener> {
  const scheme = schemes[address.kind];
  if (scheme.listen === undefined) {
    const usable = listSchemes(({ listen }) => listen !== undefined);
    throw new DariError(
      "usage",
      `Cannot listen on ${
        formatAddress(address)
      }: use ${usable}; HTTPS and WebSockets have an option ` +
        "of their own (--https, or https of serve)",
    );
  }
  requireProtection(address, context.insecure);
  if ("host" in address && address.host === "localhost") {
    return await listenLocalhost(address, (at) => scheme.listen!(at, context));
  }
  return await scheme.listen(address, context);
}
