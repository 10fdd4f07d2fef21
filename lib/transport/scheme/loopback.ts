/**
 * Schemes that protect nothing stay on this machine.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { type Address, isLoopback } from "../address.ts";
import { formatAddress } from "./parse.ts";
import { schemes } from "./table.ts";

/**
 * Refuses an address beyond loopback whose scheme protects nothing on the way.
 *
 * @param address The address.
 * @param insecure Whether that is allowed after all.
 * @throws {DariError} `configuration` when it is refused.
 */
export function requireProtection(address: Address, insecure = false): void {
  if (insecure || schemes[address.kind].needs !== "loopback") return;
  if ("host" in address && isLoopback(address.host)) return;
  const host = "host" in address ? address.host : formatAddress(address);
  throw new DariError(
    "configuration",
    `${address.kind}:// on "${host}" would cross the network unprotected: ` +
      `use tls://, or allow it with --insecure`,
  );
}
