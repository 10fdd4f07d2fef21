import type { NatsBus } from "../../lib/cluster/bus/nats_bus.ts";
import { openNats } from "../../lib/endpoint/cluster/nats_access.ts";
import type { NatsServer } from "./nats_server.ts";
import type { TlsAuthority, TlsPair } from "./tls_certificates.ts";

/** Whom a server of a test trusts, and what it shows. */
export interface Shown {
  readonly authority: TlsAuthority;
  readonly pair: TlsPair;
}

/**
 * Connects to NATS servers as a server of dari does.
 *
 * @param nodes The NATS servers.
 * @param shown How it shows who it is; without it there is no TLS.
 */
export function openBus(nodes: readonly NatsServer[], shown?: Shown): Promise<NatsBus> {
  const servers = nodes.map(({ at }) => {
    const [host = "", port] = at.split(":");
    return { host, port: Number(port) };
  });
  const address = { kind: "nats" as const, servers, service: "dari", instance: undefined };
  const access = shown === undefined ? {} : { ca: shown.authority.pem, pair: shown.pair };
  return openNats(address, "test", access);
}
