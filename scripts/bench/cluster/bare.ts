/**
 * The connection of dari to the NATS server of the benchmark, for what is measured without dari's calls
 * or beneath its store.
 *
 * @module
 */

import type { NatsBus } from "../../../lib/cluster/bus/nats_bus.ts";
import { openNats } from "../../../lib/endpoint/cluster/nats_access.ts";

/**
 * Connects without TLS.
 *
 * @param at Host and port of the NATS server, on loopback.
 */
export function openBareBus(at: string): Promise<NatsBus> {
  const [host = "", port] = at.split(":");
  const servers = [{ host, port: Number(port) }];
  return openNats({ kind: "nats", servers, service: "bench", instance: undefined }, "bench", {});
}
