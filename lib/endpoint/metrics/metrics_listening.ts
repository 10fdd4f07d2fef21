/**
 * Where the metrics of a server are read by plain HTTP.
 *
 * @module
 */

import type { MetricsSource } from "../../ops/metrics/family.ts";
import { PROMETHEUS_TYPE, prometheusText } from "../../ops/metrics/prometheus.ts";
import type { HostAddress } from "../../transport/address.ts";
import type { Connection, Listener } from "../../transport/connection.ts";
import { listenLocalhost } from "../../transport/scheme/localhost.ts";
import { formatAddress } from "../../transport/scheme/parse.ts";
import { permittedHost } from "../../transport/tls/node/net_permission.ts";
import { thisMachine } from "../machine/this_machine.ts";
import { metricsAddress } from "./metrics_address.ts";

/** What {@linkcode openMetrics} works with. */
export interface MetricsListeningOptions {
  /** What is read. */
  readonly source: MetricsSource;
  /** Names of this machine, beside those that the system knows. */
  readonly names?: readonly string[] | undefined;
  /** Whether it may be read from other machines. */
  readonly insecure?: boolean | undefined;
}

/** Where metrics are read. */
export interface OpenMetrics {
  /** The address: `http://localhost:9464/metrics`. */
  readonly address: string;
  /** Ends it. */
  close(): void;
}

/**
 * Answers `GET /metrics` by plain HTTP. `localhost` is listened on by IPv4 and IPv6.
 *
 * @param text Where: `localhost:9464`.
 * @param options What is read.
 * @returns Where it is read.
 * @throws {DariError} As {@linkcode metricsAddress}.
 * @throws {TransportError} `unavailable` when the port is in use.
 */
export async function openMetrics(
  text: string,
  { source, names = [], insecure }: MetricsListeningOptions,
): Promise<OpenMetrics> {
  const address = metricsAddress(text, insecure);
  const { listenMetrics } = await import("../../http/metrics/metrics_listener.ts");
  const known = [...thisMachine().names, ...names].map((name) => name.toLowerCase());
  const open = async (at: HostAddress): Promise<Listener> => {
    const { port, close } = await listenMetrics({ ...at, host: permittedHost(at) }, {
      read: () => prometheusText(source.collect()),
      type: PROMETHEUS_TYPE,
      names: known,
    });
    return {
      address: formatAddress({ ...at, port }),
      close,
      // It answers by itself: no connections come out of it.
      async *[Symbol.asyncIterator](): AsyncGenerator<Connection> {},
    };
  };
  const listener = address.host === "localhost"
    ? await listenLocalhost(address, open)
    : await open(address);
  return {
    address: `${listener.address.replace(/^tcp:/, "http:")}/metrics`,
    close: () => listener.close(),
  };
}
