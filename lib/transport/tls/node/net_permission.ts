/**
 * Permission to listen with node's sockets. Deno asks for that of a name's address, after the name
 * was looked up, and what it throws then cannot be caught: it ends the program.
 *
 * @module
 */

import { DariError } from "../../../base/errors.ts";
import { hostAndPort } from "../../address.ts";
import { bind } from "../../tcp.ts";

/**
 * Looks a host up where its address needs a permission.
 *
 * @param at Where to listen.
 * @returns What node's socket is to be given: an address that is permitted, or the host itself in a
 * program that may reach every address.
 * @throws {DariError} `configuration` when the permission is missing.
 * @throws {TransportError} `unavailable` when there is no such host, or the port is in use.
 */
export function permittedHost(
  { host, port }: { readonly host: string; readonly port: number },
): string {
  if (isGranted()) return host;
  // Deno's own sockets go by the permission for the name, so one of them looks it up.
  const listener = bind({ host, port }, () => Deno.listen({ hostname: host, port }));
  const address = listener.addr.hostname;
  listener.close();
  const needed = hostAndPort(address, port);
  if (isGranted(needed)) return address;
  throw new DariError(
    "configuration",
    `Listening on ${hostAndPort(host, port)} needs the permission for its address: ` +
      `add ${needed} to --allow-net`,
  );
}

/**
 * Whether the program may use an address.
 *
 * @param host The address, with its port or without; every address when left out.
 */
export function isGranted(host?: string): boolean {
  const { state } = Deno.permissions.querySync({ name: "net", ...(host ? { host } : {}) });
  return state === "granted";
}
