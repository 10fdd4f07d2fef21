/**
 * TLS with a server certificate alone, kept fresh while it runs.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { HostAddress } from "../transport/address.ts";
import type { Listener } from "../transport/connection.ts";
import { listenTls } from "../transport/tls/tls_listen.ts";
import { withUpkeep } from "../cert/server/upkeep.ts";
import type { CertificateSource } from "../cert/server/server_certificate.ts";

/** What a listener over Deno's own TLS is made with. */
export interface ServerTlsOptions {
  /** The server's certificate. */
  readonly source: CertificateSource;
  /** Told of new certificates, and of trouble with them. */
  readonly tell: (line: string, level: "info" | "warn") => void;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/**
 * Listens with TLS and asks nobody for a certificate.
 *
 * @param at Where.
 * @param options With what.
 * @throws {DariError} `configuration` when the certificate cannot be used.
 * @throws {TransportError} `unavailable` when the port is in use.
 */
export async function listenWithServerCertificate(
  { host, port }: HostAddress,
  { source, tell, clock }: ServerTlsOptions,
): Promise<Listener> {
  const pair = await source.load();
  const listener = listenTls({ host, port, ...pair, tell });
  const { files, renews, load } = source;
  if (files.length === 0) return listener; // given as text, which nobody can change
  const reload = (fresh: typeof pair) => listener.reload(fresh);
  return withUpkeep(listener, { files, renews, load, reload, tell, clock }, pair);
}
