/**
 * From addresses to listeners. The TLS listeners of one server share its certificate.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { AuthorityFile, CertificateFiles } from "../cert/server/certificate_source.ts";
import type { RevocationListFile } from "../cert/server/client_revocations.ts";
import type { Ledger } from "../cert/ledger/ledger.ts";
import type { HostAddress } from "../transport/address.ts";
import type { Connection, Listener } from "../transport/connection.ts";
import { listen } from "../transport/scheme/listen.ts";
import type { ListenPlace } from "../transport/scheme/listen_place.ts";
import { schemes } from "../transport/scheme/table.ts";
import type { CertificateAndKey, TlsCredentials } from "../transport/tls/key_pair.ts";
import { listenTcp } from "../transport/tcp.ts";
import { listenTls } from "../transport/tls/tls_listen.ts";
import { listenUnix } from "../transport/unix.ts";
import {
  keptUpToDate,
  openServerCredentials,
  type ReloadableListener,
} from "./server_credentials.ts";

/** What {@linkcode createListen} works with; `serve` describes each. */
export interface ListenOptions {
  readonly tls?: CertificateAndKey | CertificateFiles | undefined;
  readonly clientCa?: string | AuthorityFile | undefined;
  readonly crl?: RevocationListFile | undefined;
  readonly tlsMin?: "1.2" | "1.3" | undefined;
  readonly onRefused?: ((address: string, reason: string) => void) | undefined;
  readonly tell: (line: string, level: "info" | "warn") => void;
  readonly data: string;
  readonly names?: readonly string[] | undefined;
  readonly passphrase?: string | undefined;
  readonly ledger?: Ledger | undefined;
  /** Takes what is opened here and has to be closed after the last connection. */
  readonly owned: AsyncDisposableStack;
  /** Takes what takes up files that have changed. */
  readonly reloads?: (() => Promise<void>)[] | undefined;
  readonly insecure?: boolean | undefined;
  readonly maxConnections?: number | undefined;
  readonly backlog?: number | undefined;
  readonly handshakeTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** Opens a TLS listener with the credentials that are current. */
type OpenTls = (
  at: HostAddress,
  credentials: TlsCredentials,
) => ReloadableListener<Connection> | Promise<ReloadableListener<Connection>>;

/** The TLS listeners of a server that ask for the same client certificates, or for none. */
type TlsGroup = (at: HostAddress) => Promise<Listener>;

/**
 * Gives a function that listens for one server. The certificate is loaded, and the configuration of
 * client certificates tried, when the first TLS address that asks for them is listened on, and never
 * again.
 *
 * @param places All that the server will listen on: its certificate gets all their names.
 * @param options Certificates, and what is allowed.
 * @returns Listens on one of the places.
 */
export function createListen(
  places: readonly ListenPlace[],
  options: ListenOptions,
): (place: ListenPlace) => Promise<Listener> {
  const groups = new Map<string | undefined, Promise<TlsGroup>>();
  let ledger: Promise<Ledger> | undefined;
  const openGroup = async (clientCaFile: string | undefined): Promise<TlsGroup> => {
    ledger ??= options.ledger === undefined ? openLedger(options) : Promise.resolve(options.ledger);
    const clientCa = clientCaFile === undefined ? options.clientCa : { file: clientCaFile };
    return await prepareTls(places, { ...options, clientCa }, await ledger);
  };
  return ({ address, clientCaFile }) => {
    const tls = async (at: HostAddress) => {
      const group = groups.get(clientCaFile) ?? openGroup(clientCaFile);
      groups.set(clientCaFile, group);
      return await (await group)(at);
    };
    const { insecure } = options;
    return listen(address, { tls, tcp: listenTcp, unix: listenUnix, insecure });
  };
}

async function prepareTls(
  places: readonly ListenPlace[],
  options: ListenOptions,
  ledger: Ledger,
): Promise<TlsGroup> {
  const hosts = places.flatMap(({ address }) =>
    schemes[address.kind].needs === "certificate" && "host" in address ? [address.host] : []
  );
  // A ledger that the program did not open is not opened for this: it may not be permitted to.
  const issuedIn = options.ledger;
  const credentials = await openServerCredentials(hosts, { ...options, ledger, issuedIn });
  options.reloads?.push(() => credentials.reload());
  const open = await chooseTls(credentials.current, { ...options, ledger });
  return async (at: HostAddress): Promise<Listener> => {
    const { current } = credentials;
    return keptUpToDate(credentials, current, await open(at, current));
  };
}

async function openLedger({ data, clock, owned }: ListenOptions): Promise<Ledger> {
  // Loaded here, since a server without tls:// has no certificates.
  const { dataLedger } = await import("./data_ledger.ts");
  return owned.use(dataLedger(data, clock));
}

async function chooseTls(
  credentials: TlsCredentials,
  options: ListenOptions & { readonly ledger: Ledger },
): Promise<OpenTls> {
  const { tlsMin, tell } = options;
  if (credentials.clientCa === undefined && tlsMin !== "1.3") {
    return ({ host, port }, credentials) => listenTls({ host, port, ...credentials, tell });
  }
  // Deno's own listener can do neither; node:tls is loaded only for a server that needs it.
  const { prepareNodeTls } = await import("./listen_node_tls.ts");
  return await prepareNodeTls(credentials, options);
}
