/**
 * The package of NATS by itself, over the sockets that dari gives it.
 *
 * @module
 */

import { NatsBus } from "../../../lib/cluster/bus/nats_bus.ts";
import { dialTcp } from "../../../lib/transport/tcp.ts";

/**
 * Connects without TLS.
 *
 * @param at Host and port of the NATS server.
 */
export function openBareBus(at: string): Promise<NatsBus> {
  return NatsBus.open({
    servers: [at],
    name: "bench",
    allowsPlain: true,
    sockets: {
      connect: (host, port) => dialTcp({ host, port }),
      secure: () => Promise.reject(new Error("This NATS server has no TLS.")),
    },
  });
}
