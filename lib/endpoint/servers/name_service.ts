/**
 * Looking the addresses of a name up.
 *
 * @module
 */

import { abortable, settlesWithin } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";

/** What a runtime knows of names. */
export interface NameService {
  /**
   * Whether the program may connect to a host, and to an IP address in its place.
   *
   * @param host A name or an IP address.
   * @param port The port; `undefined` for looking the name up.
   */
  isPermitted(host: string, port: number | undefined): boolean;
  /**
   * Asks the system for the addresses of a name, as it does when it connects.
   *
   * @param name The name.
   * @returns IP addresses.
   */
  lookup(name: string): Promise<readonly string[]>;
  /**
   * Asks the name's DNS records how long they hold.
   *
   * @param name The name.
   * @returns The time in milliseconds; `undefined` where there is no such record.
   */
  ttlMs(name: string): Promise<number | undefined>;
}

/** The addresses of a name. */
export interface Lookup {
  /** IP addresses; empty where they may not be connected to. */
  readonly ips: readonly string[];
  /** How long they hold, in milliseconds. */
  readonly ttlMs: number;
}

/**
 * Looks a name up.
 *
 * @param at The name, and the port that is connected to.
 * @param names Looks it up.
 * @param signal Ends it.
 * @returns Its addresses; none where the program may not use them.
 * @throws What the look-up fails with, and the signal's reason.
 */
export async function lookUp(
  { host, port }: { readonly host: string; readonly port: number },
  names: NameService,
  signal: AbortSignal,
): Promise<Lookup> {
  const unknown = { ips: [], ttlMs: limits.resolveIntervalMs };
  if (!names.isPermitted(host, undefined)) return unknown;
  let ttlMs: number | undefined;
  const ttl = names.ttlMs(host).then((known) => void (ttlMs = known)).catch(() => {});
  const ips = await abortable(names.lookup(host), signal);
  // The addresses are enough to begin with.
  await settlesWithin(ttl, limits.nameTtlWaitMs, { signal });
  const permitted = ips.filter((ip) => names.isPermitted(ip, port));
  return {
    ips: permitted.length < ips.length ? [] : permitted,
    ttlMs: ttlMs ?? limits.resolveIntervalMs,
  };
}
