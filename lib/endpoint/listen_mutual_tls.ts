/**
 * Mutual TLS put together: node:tls of the transport room, certificates and revocations of theirs.
 * Loaded only by who needs it.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Ledger } from "../cert/ledger/ledger.ts";
import { openRevocations } from "../cert/ledger/revocations.ts";
import type { HostAddress } from "../transport/address.ts";
import type { Listener } from "../transport/connection.ts";
import {
  listenMutualTls,
  type MutualTlsListener,
  type TlsCredentials,
} from "../transport/tls/mutual_tls_listen.ts";
import { listenTried } from "../transport/tls/mutual_tls_trial.ts";
import type { ShownCertificates } from "../transport/tls/shown_certificates.ts";
import { withUpkeep } from "../cert/server/upkeep.ts";
import { describeClient } from "../cert/path/peer_certificate.ts";
import {
  type AuthorityFile,
  type CertificateSource,
  loadAuthorities,
} from "../cert/server/server_certificate.ts";
import { makeTrialCertificates } from "../cert/server/trial_certificates.ts";

/** What a listener over node:tls is made with. */
export interface MutualTlsOptions {
  /** The server's certificate. */
  readonly source: CertificateSource;
  /** The authorities whose client certificates are accepted; absent, none is asked for. */
  readonly clientCa?: string | AuthorityFile | undefined;
  /** The oldest version of TLS that is spoken. */
  readonly tlsMin?: "1.2" | "1.3" | undefined;
  /** The ledger that says what is revoked. */
  readonly ledger: Ledger;
  /** The most connections open at once. */
  readonly maxConnections?: number | undefined;
  /** Time to finish a handshake, in milliseconds. */
  readonly handshakeTimeoutMs?: number | undefined;
  /** Told of everyone who was not let in. */
  readonly onRefused?: ((address: string, reason: string) => void) | undefined;
  /** Told of new certificates. */
  readonly tell: (line: string, level: "info" | "warn") => void;
  /** Where the time comes from. */
  readonly clock?: Clock | undefined;
}

/**
 * Listens with node:tls, tried from inside first where it asks for client certificates.
 *
 * @param at Where.
 * @param options With what.
 * @throws {DariError} `configuration` when certificates cannot be used, or the trial failed.
 */
export async function listenWithCertificates(
  at: HostAddress,
  options: MutualTlsOptions,
): Promise<Listener> {
  const { source, clientCa, ledger, tell, clock } = options;
  using stack = new DisposableStack();
  const revocations = stack.use(await openRevocations(ledger, clock));
  const load = async () => ({
    ...await source.load(),
    clientCa: clientCa === undefined ? undefined : await loadAuthorities(clientCa),
  });
  const credentials = await load();
  const all = {
    ...options,
    ...credentials,
    host: at.host,
    port: at.port,
    describe: async (shown: ShownCertificates) => {
      await revocations.refresh();
      return await describeClient(shown);
    },
    isRevoked: (serial: string) => revocations.isRevoked(serial),
  };
  const listener: MutualTlsListener = all.clientCa === undefined
    ? await listenMutualTls(all)
    : await listenTried({ ...all, clientCa: all.clientCa }, await makeTrialCertificates());
  const files = [...source.files, ...typeof clientCa === "object" ? [clientCa.file] : []];
  const reload = (fresh: TlsCredentials) => listener.reload(fresh);
  const upkeep = { files, renews: source.renews, load, reload, tell, clock };
  const kept = withUpkeep(listener, upkeep, credentials);
  const watch = stack.move(); // from here on, the listener's to end
  return {
    ...kept,
    close(): void {
      watch.dispose();
      kept.close();
    },
  };
}
