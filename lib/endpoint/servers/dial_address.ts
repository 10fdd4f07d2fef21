/**
 * Connecting to an address, whichever sockets the runtime has.
 *
 * @module
 */

import type { Address } from "../../transport/address.ts";
import type { Connection } from "../../transport/connection.ts";
import { parseAddress } from "../../transport/scheme/parse.ts";

/**
 * Connects to an address until the signal ends the attempt. With an IP address it connects there
 * instead of looking the name up; the server's certificate is still that of the name.
 */
export type DialAddress = (
  address: string,
  signal?: AbortSignal,
  ip?: string,
) => Promise<Connection>;

/**
 * Reads an address that is connected to by an IP address of its name.
 *
 * @param text The address.
 * @param ip The IP address; `undefined` where the name is looked up when it is connected to.
 * @returns Its parts.
 * @throws {DariError} `usage` when it is not an address.
 */
export function addressAt(text: string, ip: string | undefined): Address {
  const address = parseAddress(text);
  return ip === undefined || !("host" in address) ? address : { ...address, ip };
}
