/**
 * The certificate of what listens with TLS, wherever it comes from.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { WriteLog } from "../base/text/write_log.ts";
import {
  type AuthorityFile,
  type CertificateFiles,
  certificateSource,
} from "../cert/server/certificate_source.ts";
import { ServerCredentials } from "../cert/server/server_credentials.ts";
import type { Ledger } from "../cert/ledger/ledger.ts";
import type { Listener } from "../transport/connection.ts";
import type { CertificateAndKey, TlsCredentials } from "../transport/tls/key_pair.ts";
import { reachedBy, thisMachine } from "./machine/this_machine.ts";

/** What {@linkcode openServerCredentials} works with; `serve` describes each. */
export interface ServerCredentialsChoice {
  readonly tls?: CertificateAndKey | CertificateFiles | undefined;
  readonly clientCa?: string | AuthorityFile | undefined;
  readonly data: string;
  /** The name of the certificate's files in the data directory. @default {"server"} */
  readonly file?: string | undefined;
  readonly names?: readonly string[] | undefined;
  readonly passphrase?: string | undefined;
  /** The ledger in which a certificate of the data directory is recorded. */
  readonly ledger: Ledger;
  /** The ledger in which a certificate of `tls` is looked up, so that a revoked one is not shown. */
  readonly issuedIn?: Ledger | undefined;
  readonly tell: WriteLog;
  readonly clock?: Clock | undefined;
}

/**
 * Loads the certificate; in the data directory it is made where there is none.
 *
 * @param hosts The hosts that are listened on: a certificate of the data directory gets their names.
 * @param choice Where the certificate is.
 * @returns The credentials, which watch their files once there is a subscriber.
 * @throws {DariError} What the certificate's source throws.
 */
export async function openServerCredentials(
  hosts: readonly string[],
  choice: ServerCredentialsChoice,
): Promise<ServerCredentials> {
  const { tell, clock } = choice;
  const source = certificateSource({
    ...choice,
    hosts,
    findNames: () => {
      const machine = thisMachine();
      return {
        listened: hosts.flatMap((host) => reachedBy(host, machine)),
        all: [...machine.names, ...machine.addresses],
      };
    },
  });
  return await ServerCredentials.open({ source, tell, clock });
}

/** A certificate that may be replaced. */
export type LiveCredentials = Pick<ServerCredentials, "current" | "subscribe">;

/** A listener that can take a new certificate into use. */
export interface ReloadableListener<T> extends Listener<T> {
  /** Takes it into use for new connections. */
  reload(credentials: TlsCredentials): void | Promise<void>;
}

/**
 * Keeps the certificate of a listener up to date until that is closed.
 *
 * @param credentials Where new certificates come from.
 * @param inUse The credentials that the listener was opened with.
 * @param listener The listener.
 */
export function keptUpToDate<T>(
  credentials: LiveCredentials,
  inUse: TlsCredentials,
  listener: ReloadableListener<T>,
): Listener<T> {
  const leave = credentials.subscribe((fresh) => listener.reload(fresh), inUse);
  return {
    address: listener.address,
    close(): void {
      leave();
      listener.close();
    },
    [Symbol.asyncIterator]: () => listener[Symbol.asyncIterator](),
  };
}
