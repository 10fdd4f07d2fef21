/**
 * Listening with client certificates or TLS 1.3 alone: node:tls, certificates and revocations put
 * together. Loaded only for a server that needs it.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Ledger } from "../cert/ledger/ledger.ts";
import { DariError } from "../base/errors.ts";
import type { WriteLog } from "../base/text/write_log.ts";
import { openRevocations } from "../cert/ledger/revocations.ts";
import { PeerVerifier } from "../cert/path/peer_verifier.ts";
import type { CertificatePath } from "../cert/path/verify.ts";
import { ClientRevocations, type RevocationListFile } from "../cert/server/client_revocations.ts";
import { makeTrialCertificates } from "../cert/server/trial_certificates.ts";
import type { HostAddress } from "../transport/address.ts";
import type { PeerCertificate } from "../transport/connection.ts";
import type { TlsCredentials } from "../transport/tls/key_pair.ts";
import type { PeerChain } from "../transport/tls/node/peer_chain.ts";
import {
  type ClientChecks,
  listenNodeTls,
  type NodeTlsListener,
} from "../transport/tls/node/node_tls_listen.ts";
import { ALPN } from "../transport/tls/alpn.ts";
import { loadSodium } from "../transport/tls/records/sodium.ts";
import {
  type BeneathSource,
  listenTlsOver,
  type TlsStreamListener,
} from "../transport/tls/node/node_tls_streams.ts";
import type { TlsAcceptor } from "../transport/tls/node/tls_acceptor.ts";
import { tryClientCertificates } from "../transport/tls/trial/client_certificate_trial.ts";

/** What certificates of clients are checked by; `serve` describes each. */
export interface ClientCheckOptions {
  /** Says which certificates are revoked. */
  readonly ledger: Ledger;
  /** Takes the view of the revocations, which ends after the last connection. */
  readonly owned: AsyncDisposableStack;
  /** Revocation lists of the authorities of clients. */
  readonly crl?: RevocationListFile | undefined;
  readonly tell: WriteLog;
  readonly clock?: Clock | undefined;
}

/** What {@linkcode prepareNodeTls} works with; `serve` describes each. */
export interface NodeTlsOptions extends ClientCheckOptions {
  readonly tlsMin?: "1.2" | "1.3" | undefined;
  readonly maxConnections?: number | undefined;
  readonly backlog?: number | undefined;
  readonly reusePort?: boolean | undefined;
  /** Whether another thread has tried this configuration already. */
  readonly isTried?: boolean | undefined;
  readonly handshakeTimeoutMs?: number | undefined;
  readonly hearsHttp?: boolean | undefined;
  readonly onRefused?: ((address: string, reason: string) => void) | undefined;
}

/** Listens on one address, or with a socket that listens there already. */
export type OpenNodeTls = (
  at: HostAddress,
  credentials: TlsCredentials,
  acceptor?: TlsAcceptor,
) => Promise<NodeTlsListener>;

/**
 * Gives a function that listens with node:tls. A configuration that asks for client certificates is
 * tried first, once for all listeners of the server.
 *
 * @param credentials The server's certificate, and the authorities of its clients.
 * @param options How to listen.
 * @returns Listens on one address, with the credentials that are current then.
 * @throws {DariError} `configuration` when certificates cannot be used, or the trial failed.
 */
export async function prepareNodeTls(
  credentials: TlsCredentials,
  options: NodeTlsOptions,
): Promise<OpenNodeTls> {
  const { clock, tell, tlsMin, maxConnections, backlog, handshakeTimeoutMs, onRefused } = options;
  const shared = {
    ...{ clock, tell, tlsMin, maxConnections, backlog, handshakeTimeoutMs, onRefused },
    ...await openClientChecks(options),
  };
  const { reusePort, hearsHttp, isTried = false } = options;
  if (!isTried) await tryAuthorities(credentials, shared);
  return ({ host, port }, current, acceptor) =>
    listenNodeTls({ ...shared, ...current, host, port, reusePort, hearsHttp, acceptor });
}

/**
 * Gives a function that lets node:tls speak over connections that something else carries. A
 * configuration that asks for client certificates is tried first.
 *
 * @param credentials The server's certificate, and the authorities of its clients.
 * @param options How to listen.
 * @returns Listens over what a source gives, with the credentials that are current then.
 * @throws {DariError} `configuration` when certificates cannot be used, or the trial failed.
 */
export async function prepareTlsOver(
  credentials: TlsCredentials,
  options: NodeTlsOptions,
): Promise<(source: BeneathSource, credentials: TlsCredentials) => TlsStreamListener> {
  const { clock, tell, tlsMin, handshakeTimeoutMs, maxConnections, onRefused } = options;
  const checks = await openClientChecks(options);
  if (!options.isTried) await tryAuthorities(credentials, { ...checks, tlsMin, clock, tell });
  await loadSodium(); // before a client waits for it
  const offered = { alpn: ALPN, records: true };
  const shared = { clock, tlsMin, handshakeTimeoutMs, maxConnections, onRefused, ...offered };
  return (source, current) => listenTlsOver({ ...shared, ...checks, ...current, source });
}

/**
 * Opens what certificates of clients are checked by beyond the handshake: their path, the ledger's
 * revocations, and the lists of their authorities.
 *
 * @param options The ledger, and the lists.
 * @returns The checks.
 * @throws {DariError} `configuration` when a list cannot be used.
 */
export async function openClientChecks(options: ClientCheckOptions): Promise<ClientChecks> {
  const { ledger, owned, crl, tell, clock } = options;
  const revocations = owned.use(await openRevocations(ledger, clock));
  const verifier = new PeerVerifier(); // by the system's clock, as the handshake
  const lists = crl && await ClientRevocations.open({ file: crl.file, tell, clock });
  return {
    verifyClient: async (chain: PeerChain) => {
      await revocations.refresh();
      const peer = await verifier.verifyClient(chain);
      const fault = lists && await askLists(peer, verifier, (path) => lists.check(path));
      if (fault !== undefined) throw new DariError("data", fault);
      return peer;
    },
    isRevoked: (serial: string) => revocations.isRevoked(serial),
    listedFault: lists &&
      ((peer: PeerCertificate) => askLists(peer, verifier, (path) => lists.faultOf(path))),
  };
}

/**
 * Tries the authorities of clients, where there are some: that a listener with them accepts and refuses
 * whom it must.
 *
 * @param credentials The server's certificate, and the authorities of its clients.
 * @param options How clients are checked.
 * @throws {DariError} `configuration` when the trial failed.
 */
export async function tryAuthorities(
  credentials: TlsCredentials,
  options: ClientChecks & Pick<NodeTlsOptions, "tlsMin" | "clock" | "tell">,
): Promise<void> {
  const { clientCa } = credentials;
  if (clientCa === undefined) return;
  const onTrial = { ...options, ...credentials, clientCa, host: "localhost", port: 0 };
  await tryClientCertificates(onTrial, await makeTrialCertificates());
}

/**
 * Asks revocation lists about a client, who is refused where they cannot be asked.
 *
 * @param peer The client's certificate.
 * @param verifier Knows the paths of the clients that it has verified.
 * @param ask Asks about a path.
 * @returns What was answered, or why the client is refused.
 */
export function askLists<T>(
  peer: PeerCertificate,
  verifier: Pick<PeerVerifier, "pathOf">,
  ask: (path: CertificatePath) => T,
): T | string {
  const path = verifier.pathOf(peer);
  if (path !== undefined) return ask(path);
  return "revocation lists cannot be asked about it: the path to its authority is not known";
}
