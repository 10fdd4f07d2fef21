/**
 * From addresses to listeners. The TLS listeners of one server share its certificate.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { WriteLog } from "../base/text/write_log.ts";
import type { AuthorityFile, CertificateFiles } from "../cert/server/certificate_source.ts";
import type { RevocationListFile } from "../cert/server/client_revocations.ts";
import type { Ledger } from "../cert/ledger/ledger.ts";
import type { ServerCredentials } from "../cert/server/server_credentials.ts";
import type { Address, HostAddress, NatsAddress } from "../transport/address.ts";
import type { Connection, Listener } from "../transport/connection.ts";
import { listen } from "../transport/scheme/listen.ts";
import type { PassedSockets } from "../transport/passed/passed_sockets.ts";
import type { ListenPlace } from "../transport/scheme/listen_place.ts";
import { schemes } from "../transport/scheme/table.ts";
import type { CertificateAndKey, TlsCredentials } from "../transport/tls/key_pair.ts";
import { listenTcp } from "../transport/tcp.ts";
import type { PeerStream } from "../transport/peer_stream.ts";
import type { BeneathSource } from "../transport/tls/node/node_tls_streams.ts";
import type { TlsAcceptor } from "../transport/tls/node/tls_acceptor.ts";
import { listenTls } from "../transport/tls/tls_listen.ts";
import { listenUnix } from "../transport/unix.ts";
import type { InstanceState } from "../cluster/service/discovery.ts";
import { certificateNameOf } from "../cluster/service/certificate_name.ts";
import type { NatsAccess } from "./cluster/nats_access.ts";
import type { OpenNodeTls, prepareTlsOver } from "./listen_node_tls.ts";
import { bytesOfUnix } from "./machine/shared_memory.ts";
import {
  keptUpToDate,
  type LiveCredentials,
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
  readonly tell: WriteLog;
  readonly data: string;
  readonly names?: readonly string[] | undefined;
  readonly passphrase?: string | undefined;
  readonly ledger?: Ledger | undefined;
  /** Whether a gateway speaks HTTP, so that clients of HTTP can be told where. */
  readonly hearsHttp?: boolean | undefined;
  /** How this program shows NATS servers who it is. */
  readonly nats?: NatsAccess | undefined;
  /** What the methods are, for people. */
  readonly description?: string | undefined;
  /** How this server is, for those who ask by NATS. */
  readonly natsState?: (() => InstanceState) | undefined;
  /** Takes what is opened here and has to be closed after the last connection. */
  readonly owned: AsyncDisposableStack;
  /** Takes what takes up files that have changed. */
  readonly reloads?: (() => Promise<void>)[] | undefined;
  readonly insecure?: boolean | undefined;
  readonly sharedMemory?: boolean | undefined;
  readonly maxConnections?: number | undefined;
  readonly backlog?: number | undefined;
  readonly reusePort?: boolean | undefined;
  /** What systemd hands over; there where a place has the name of a socket. */
  readonly sockets?: PassedSockets | undefined;
  /** Gives the certificate, where another thread loads and renews it. */
  readonly credentials?: ((clientCaFile: string | undefined) => LiveCredentials) | undefined;
  /** Whether another thread has tried the configuration of client certificates already. */
  readonly isTried?: boolean | undefined;
  readonly handshakeTimeoutMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** The options of which certificates are made. */
export type CredentialOptions = Pick<
  ListenOptions,
  "clientCa" | "clock" | "data" | "ledger" | "names" | "passphrase" | "tell" | "tls"
>;

/** Opens a TLS listener with the credentials that are current. */
type OpenTls = (
  at: HostAddress,
  credentials: TlsCredentials,
) => ReloadableListener<Connection> | Promise<ReloadableListener<Connection>>;

/** The certificate of a server, and the authorities of those that it asks for theirs. */
export interface ServerTls {
  /** The certificate as it is now, and as it will be. */
  readonly credentials: LiveCredentials;
  /** Says which certificates are revoked. */
  readonly ledger: Ledger;
}

/** The TLS listeners of a server that ask for the same client certificates, or for none. */
interface TlsGroup extends ServerTls {
  listen(at: HostAddress): Promise<Listener>;
  /** Listens with a socket that listens already. */
  adopt(at: HostAddress, acceptor: TlsAcceptor): Promise<Listener>;
  /** Listens over connections that something else carries. */
  over(source: BeneathSource): Promise<Listener<PeerStream>>;
}

/** Listens for one server. */
export interface ServerListening {
  /** Listens on one of the places. */
  listen(place: ListenPlace): Promise<Listener>;
  /** Gives the certificate to what listens by itself, as the gateway does. */
  tlsOf(clientCaFile: string | undefined): Promise<ServerTls>;
}

/**
 * Gives what listens for one server. The certificate is loaded, and the configuration of client
 * certificates tried, when the first TLS address that asks for them is listened on, and never again.
 *
 * @param places All that the server will listen on: its certificate gets all their names.
 * @param options Certificates, and what is allowed.
 */
export function createListen(
  places: readonly ListenPlace[],
  options: ListenOptions,
): ServerListening {
  const groups = new Map<string | undefined, Promise<TlsGroup>>();
  let ledger: Promise<Ledger> | undefined;
  const openGroup = async (clientCaFile: string | undefined): Promise<TlsGroup> => {
    ledger ??= options.ledger === undefined ? openLedger(options) : Promise.resolve(options.ledger);
    const clientCa = clientCaFile === undefined ? options.clientCa : { file: clientCaFile };
    const own = { ...options, clientCa };
    const told = options.credentials?.(clientCaFile);
    if (told !== undefined) return prepareTls(told, own, await ledger);
    const credentials = await openCredentials(places, own, await ledger);
    options.reloads?.push(() => credentials.reload());
    return prepareTls(credentials, own, await ledger);
  };
  const tlsOf = (clientCaFile: string | undefined) => {
    const group = groups.get(clientCaFile) ?? openGroup(clientCaFile);
    groups.set(clientCaFile, group);
    return group;
  };
  const { insecure, reusePort } = options;
  const tcp = (at: HostAddress) => listenTcp({ ...at, reusePort });
  return {
    tlsOf,
    async listen({ address, clientCaFile, socketName }) {
      if (socketName !== undefined) {
        const { listenOnPassed } = await import("./machine/listen_passed.ts");
        return await listenOnPassed(options.sockets!, { address, socketName }, {
          ...options,
          adopt: async (at, acceptor) => await (await tlsOf(clientCaFile)).adopt(at, acceptor),
        });
      }
      const tls = async (at: HostAddress) => await (await tlsOf(clientCaFile)).listen(at);
      const unix = (path: string) => listenUnix(path, bytesOfUnix(options.sharedMemory, true));
      const nats = async (at: NatsAddress) => {
        const { listenNats } = await import("./cluster/nats_listen.ts");
        return await listenNats(at, {
          ...options,
          over: async (source) => await (await tlsOf(clientCaFile)).over(source),
        });
      };
      return await listen(address, { tls, tcp, unix, nats, insecure });
    },
  };
}

function prepareTls(
  credentials: LiveCredentials,
  options: ListenOptions,
  ledger: Ledger,
): TlsGroup {
  let open: Promise<OpenTls> | undefined;
  let adopt: Promise<OpenNodeTls> | undefined;
  let over: ReturnType<typeof prepareTlsOver> | undefined;
  return {
    credentials,
    ledger,
    async listen(at): Promise<Listener> {
      open ??= chooseTls(credentials.current, { ...options, ledger });
      const openTls = await open;
      const { current } = credentials;
      return keptUpToDate(credentials, current, await openTls(at, current));
    },
    async adopt(at, acceptor): Promise<Listener> {
      adopt ??= chooseNodeTls(credentials.current, { ...options, ledger });
      const openTls = await adopt;
      const { current } = credentials;
      return keptUpToDate(credentials, current, await openTls(at, current, acceptor));
    },
    async over(source): Promise<Listener<PeerStream>> {
      const { prepareTlsOver } = await import("./listen_node_tls.ts");
      over ??= prepareTlsOver(credentials.current, { ...options, ledger });
      const openOver = await over;
      const { current } = credentials;
      return keptUpToDate(credentials, current, openOver(source, current));
    },
  };
}

/**
 * Loads the certificate of a server, and makes it at the first start.
 *
 * @param places All that the server will listen on.
 * @param options Where the certificate comes from.
 * @param ledger Where it is recorded.
 * @returns The credentials; they renew and reload while somebody subscribes to them.
 * @throws {DariError} When they cannot be loaded.
 */
export async function openCredentials(
  places: readonly ListenPlace[],
  options: CredentialOptions,
  ledger: Ledger,
): Promise<ServerCredentials> {
  const hosts = places.flatMap(({ address }) => certifiedNames(address));
  // A ledger that the program did not open is not opened for this: it may not be permitted to.
  const issuedIn = options.ledger;
  return await openServerCredentials(hosts, { ...options, ledger, issuedIn });
}

/** The names that a certificate must have for what listens there. */
function certifiedNames(address: Address): string[] {
  if (address.kind === "nats") return [certificateNameOf(address.service)];
  const showsIt = address.kind === "https" || schemes[address.kind].needs === "certificate";
  return showsIt && "host" in address ? [address.host] : [];
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
  const { tlsMin, tell, reusePort } = options;
  if (credentials.clientCa === undefined && tlsMin !== "1.3") {
    const { hearsHttp } = options;
    return ({ host, port }, credentials) =>
      listenTls({ host, port, ...credentials, reusePort, tell, hearsHttp });
  }
  return await chooseNodeTls(credentials, options);
}

/**
 * Deno's own listener asks for no client certificates, cannot leave TLS 1.2 out, and takes no
 * descriptor; node:tls is loaded only for a server that needs it.
 */
async function chooseNodeTls(
  credentials: TlsCredentials,
  options: ListenOptions & { readonly ledger: Ledger },
): Promise<OpenNodeTls> {
  const { prepareNodeTls } = await import("./listen_node_tls.ts");
  return await prepareNodeTls(credentials, options);
}
