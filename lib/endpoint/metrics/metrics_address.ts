/**
 * Where metrics are read by plain HTTP, as it is typed.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { type HostAddress, isLoopback } from "../../transport/address.ts";
import { parseAddress } from "../../transport/scheme/parse.ts";

/**
 * Reads where metrics are to be read.
 *
 * @param text What was typed.
 * @param insecure Whether other machines may read them.
 * @returns The host and the port.
 * @throws {DariError} `usage` for a text that is no host with a port, `configuration` for a host
 * beyond this machine.
 */
export function metricsAddress(text: string, insecure = false): HostAddress {
  const address = hostOf(text);
  if (insecure || isLoopback(address.host)) return address;
  throw new DariError(
    "configuration",
    `Metrics on "${address.host}" would cross the network unprotected: read them at /metrics of the ` +
      "HTTPS gateway, or allow it with --insecure",
  );
}

function hostOf(text: string): HostAddress {
  try {
    const address = parseAddress(`tcp://${text}`);
    if (!text.includes("://") && "host" in address) return address;
  } catch (error) {
    if (!(error instanceof DariError)) throw error;
  }
  throw new DariError(
    "usage",
    `${
      JSON.stringify(text)
    } is no place for metrics: write for instance localhost:${limits.defaultMetricsPort}`,
  );
}
