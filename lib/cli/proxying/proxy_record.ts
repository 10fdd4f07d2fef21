/**
 * The log of what a proxy passed on.
 *
 * @module
 */

import type { Log } from "../../ops/log.ts";
import type { ProxyRecord } from "../../proxy/proxy.ts";

/**
 * Logs each connection at its end.
 *
 * @param log The log.
 * @returns What a proxy tells.
 */
export function recordTo(log: Log): (record: ProxyRecord) => void {
  return ({ name: service, peer, principal, outcome, durationMs, bytesIn, bytesOut, fault }) =>
    log.write(outcome === "ended" ? "info" : "warn", MESSAGES[outcome], {
      service,
      peer,
      ...(principal === null ? {} : { principal }),
      in: bytesIn,
      out: bytesOut,
      ms: Math.round(durationMs),
      ...(fault === undefined ? {} : { reason: fault }),
    });
}

const MESSAGES: Readonly<Record<ProxyRecord["outcome"], string>> = {
  ended: "a connection was passed on",
  cut: "a connection was cut",
  denied: "a connection was denied",
  refused: "a connection was refused",
  unreachable: "the service was not reached",
};
