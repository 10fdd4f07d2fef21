/**
 * The log and the audit of what a proxy passed on.
 *
 * @module
 */

import { auditDenied } from "../../ops/audit/witness.ts";
import type { AuditLog } from "../../ops/audit/audit_log.ts";
import type { Log } from "../../ops/log.ts";
import type { ProxyRecord } from "../../proxy/proxy.ts";

/**
 * Logs each connection at its end, and audits those that were denied.
 *
 * @param log The log.
 * @param audit The audit, where there is one.
 * @returns What a proxy tells.
 */
export function recordTo(log: Log, audit?: AuditLog): (record: ProxyRecord) => void {
  return ({ name, peer, principal, outcome, durationMs, bytesIn, bytesOut, fault }) => {
    if (audit && outcome === "denied") auditDenied(audit, principal, peer, `proxy:${name}`);
    log.write(outcome === "ended" ? "info" : "warn", MESSAGES[outcome], {
      service: name,
      peer,
      ...(principal === null ? {} : { principal }),
      in: bytesIn,
      out: bytesOut,
      ms: Math.round(durationMs),
      ...(fault === undefined ? {} : { reason: fault }),
    });
  };
}

const MESSAGES: Readonly<Record<ProxyRecord["outcome"], string>> = {
  ended: "a connection was passed on",
  cut: "a connection was cut",
  denied: "a connection was denied",
  refused: "a connection was refused",
  unreachable: "the service was not reached",
};
