/**
 * The front door of the serving side: addresses, certificates and methods meet here.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { WriteLog } from "../base/text/write_log.ts";
import type { HttpsOptions } from "../http/gateway_options.ts";
import type { QueueSource } from "../messages/wire/queue_source.ts";
import type { Methods } from "../rpc/method/method.ts";
import type { ServerOptions, SharedBounds } from "../rpc/server/server_options.ts";
import type { Listener } from "../transport/connection.ts";
import type { HostAddress } from "../transport/address.ts";
import type { PassedSockets } from "../transport/passed/passed_sockets.ts";
import { type ListenPlace, parseListenPlace } from "../transport/scheme/listen_place.ts";
import { parseAddress } from "../transport/scheme/parse.ts";
import type { CertificateAndKey } from "../transport/tls/key_pair.ts";
import type { AuthorityFile, CertificateFiles } from "../cert/server/certificate_source.ts";
import type { Ledger } from "../cert/ledger/ledger.ts";
import type { RevocationListFile } from "../cert/server/client_revocations.ts";
import { guardCallback } from "../rpc/observer_guard.ts";
import { boundConnections } from "./machine/connection_bound.ts";
import { createListen } from "./listen.ts";
import { QueueServer } from "./messages/queue_server.ts";
import type { MeasuredOptions, MetricsOptions } from "./metrics/serve_metrics.ts";
import type { NatsServing } from "./cluster/nats_serving.ts";
import type { LiveCredentials } from "./server_credentials.ts";
import type { SharedMemoryOptions } from "./trust.ts";

/** The options of {@linkcode serve}. */
export interface ServeOptions extends ServerOptions, SharedMemoryOptions, NatsServing {
  /**
   * Where to listen: one address or several, or listeners that exist already; `[]` where `https` is
   * enough. `localhost` is listened on by IPv4 and IPv6. `?client-ca=FILE` may follow a `tls://`
   * address: this listener asks for client certificates of these authorities, whatever `clientCa` says
   * for the others. With `?systemd=NAME` behind an address, the socket is not opened but taken from
   * systemd, which hands it over under this name (sd_listen_fds(3)); a second server of this process
   * finds none.
   */
  readonly listen: string | Listener | readonly (string | Listener)[];
  /** The methods by name. */
  readonly methods: Methods;
  /**
   * Serves the methods by HTTPS as well: to browsers, to curl, and to everything else that speaks HTTP.
   * It has the certificate of the `tls://` listeners, and `clientCa` says whose client certificates it
   * asks for.
   */
  readonly https?: HttpsOptions | undefined;
  /** The certificate and key for `tls://`, PEM or their files. Without one, they are in `data`. */
  readonly tls?: CertificateAndKey | CertificateFiles | undefined;
  /**
   * The authorities of client certificates, PEM or their file. With them every `tls://` listener
   * without authorities of its own asks for a certificate (mutual TLS); clients without one are
   * refused.
   */
  readonly clientCa?: string | AuthorityFile | undefined;
  /**
   * A file of revocation lists (PEM or DER) of the client authorities. A new file is taken up while
   * the server runs, and open connections are checked as well. A list that is out of date, or whose
   * signature is wrong, refuses all certificates of its authority; one without a list is not checked.
   */
  readonly crl?: RevocationListFile | undefined;
  /**
   * The oldest version of TLS that is spoken.
   *
   * @default {"1.2"}
   */
  readonly tlsMin?: "1.2" | "1.3" | undefined;
  /** Hears of each client that a mutual TLS listener refused: its address, and why. */
  readonly onRefused?: ((address: string, reason: string) => void) | undefined;
  /**
   * The most files that this process may have open (`ulimit -n`), where the program knows it; it
   * bounds `maxConnections`. Otherwise the system is asked, which takes `--allow-ffi`.
   */
  readonly maxOpenFiles?: number | undefined;
  /**
   * Takes lines for the log of the program: that the listeners take up a new certificate or could not,
   * that descriptors are short.
   *
   * @default {console.error, for warnings}
   */
  readonly log?: WriteLog | undefined;
  /**
   * The directory that holds the local authority and the server's certificate, made at first use.
   *
   * @default {".dari"}
   */
  readonly data?: string | undefined;
  /**
   * Names and addresses by which clients reach this server, beside the hosts of `listen`, for the
   * certificate in that directory. With `0.0.0.0` or `::` it also has this machine's host name and
   * addresses, as far as the program may ask for them (`--allow-sys=hostname,networkInterfaces`).
   */
  readonly names?: readonly string[] | undefined;
  /**
   * What the key of that directory's authority is encrypted with: without it the server starts while
   * its certificate is good, and cannot renew it. A first start encrypts the key that it makes.
   */
  readonly passphrase?: string | undefined;
  /**
   * The ledger of that directory's certificates. It stays yours to close.
   *
   * @default {the ledger in the directory's store, `dari.db`}
   */
  readonly ledger?: Ledger | undefined;
  /**
   * The queues and topics of a store, which every peer then has by `rpc.queue.put`, `rpc.topic.publish`
   * and the others of the wire: an `EmbeddedQueues` of `@dari/dari/messages`. The policy says who may
   * `queue:NAME.put` or `topic:NAME.subscribe`; `….show` and `….manage` are administrative.
   *
   * @default {no queues}
   */
  readonly queues?: QueueSource | undefined;
  /**
   * Counts calls, connections, sign-ins and what waits. Callers read it by `rpc.metrics`, and by
   * `/metrics` of the gateway.
   *
   * @default {nothing is counted}
   */
  readonly metrics?: MetricsOptions | undefined;
  /**
   * Allow `tcp://` and `metrics` beyond loopback.
   *
   * @default {false}
   */
  readonly insecure?: boolean | undefined;
  /**
   * Whether other threads and processes that say so too may listen on the same ports: the system
   * chooses one of them for each client. It takes Deno's flag `--unstable-net`. Each keeps the bounds
   * of these options for itself, and a Unix socket belongs to one of them.
   *
   * @default {false}
   */
  readonly reusePort?: boolean | undefined;
}

/** What the servers of several threads have in common. */
export interface SharedServing extends SharedBounds {
  /** The number of this one; 0 is the main one, which tells how many connections are possible. */
  readonly thread: number;
  /** Whether another of them has tried the configuration of client certificates already. */
  readonly isTried: boolean;
  /** How many there are beside the main one. */
  readonly threads: number;
  /** Gives the certificates, where another thread loads and renews them. */
  readonly credentials?: ((clientCaFile: string | undefined) => LiveCredentials) | undefined;
}

/**
 * Starts a server. With `tls://` and no certificate of your own, the first start makes a local
 * authority and a server certificate in the data directory; clients trust its `ca.crt`.
 *
 * @param options Addresses, methods, identity.
 * @returns The running server; dispose of it to stop in order.
 * @throws {TypeError} For a name that cannot be a method's, or a member that is no method.
 * @throws {DariError} `usage`, `configuration` when an address or a certificate cannot be used.
 * @throws {TransportError} `unavailable` when an address is taken.
 *
 * @example
 * ```ts
 * import { connect, listenMemory, serve } from "@dari/dari";
 * import { assertEquals } from "@std/assert";
 *
 * const methods = { add: ({ a, b }: { a: number; b: number }) => a + b };
 * const memory = listenMemory();
 * await using server = await serve({ listen: memory, methods });
 * await using client = await connect<typeof methods>(memory);
 * assertEquals(await client.call("add", { a: 10, b: 20 }), 30);
 * ```
 */
export async function serve(options: ServeOptions): Promise<QueueServer> {
  return await serveTogether(options);
}

/**
 * Starts one of several servers that are one for their clients; {@linkcode serve} describes the rest.
 *
 * @param given Addresses, methods, identity.
 * @param shared What they have in common.
 * @returns The running server.
 */
export async function serveTogether(
  given: ServeOptions,
  shared?: SharedServing,
): Promise<QueueServer> {
  const tell = guardCallback(given.log ?? warn);
  const metrics = given.metrics && await metricsOf({ ...given, tell, metrics: given.metrics });
  const kept = given.queues && await keptMessages({ ...given, queues: given.queues });
  const options = { ...given, ...kept?.options, ...metrics?.options };
  const places = [options.listen].flat() as (string | Listener)[];
  const toListen = places.filter((place) => typeof place === "string").map(parseListenPlace);
  // Without a socket there is no descriptor to run out of.
  const { thread = 0, threads } = shared ?? {};
  const tellOnce = thread === 0 ? tell : () => {};
  const hasSocket = toListen.length > 0 || options.https !== undefined;
  const bound = hasSocket ? boundConnections({ ...options, threads, tell: tellOnce }) : {};
  const server = new OwningServer({ ...options, ...bound, ...kept?.parts }, shared);
  try {
    const https = options.https && httpsAddress(options.https.listen);
    const inUse = https === undefined ? toListen : [...toListen, { address: https }];
    using sockets = await passedTo(toListen);
    const listening = createListen(inUse, {
      ...options,
      ...bound,
      data: options.data ?? limits.dataDirectory,
      description: options.info?.title,
      natsState: () => ({
        connections: server.connections,
        ...options.natsState?.(),
        health: server.health.status(""),
      }),
      hearsHttp: https !== undefined || shared?.httpsAt !== undefined,
      isTried: shared?.isTried,
      credentials: shared?.credentials,
      owned: server.owned,
      reloads: server.reloads,
      sockets,
      tell,
      onRefused: options.onRefused && guardCallback(options.onRefused),
    });
    for (const place of places) {
      server.listen(
        typeof place === "string" ? await listening.listen(parseListenPlace(place)) : place,
      );
    }
    for (const name of sockets?.left ?? []) {
      tell(`systemd hands over a socket named "${name}" that nothing listens on`, "warn");
    }
    // One thread serves HTTP for all: its address names one gateway.
    if (https !== undefined) {
      const { joinGateway } = await import("./https.ts"); // it loads the gateway's room
      const context = { ...options, ...bound, https: options.https!, owned: server.owned, tell };
      await joinGateway(server, https, await listening.tlsOf(undefined), context);
    }
    await metrics?.begin(server, server.owned);
    kept?.begin(server.owned, tell);
  } catch (error) {
    await server.close(0);
    throw error;
  }
  return server;
}

/** Loaded only for a server that has queues. */
async function keptMessages(options: ServeOptions & { readonly queues: QueueSource }) {
  const { keepMessages } = await import("./messages/keep_messages.ts");
  return keepMessages(options);
}

/** Loaded only for a server that has metrics. */
async function metricsOf(options: MeasuredOptions) {
  const { serveMetrics } = await import("./metrics/serve_metrics.ts");
  return serveMetrics(options);
}

/** What systemd hands over, where a place is to be listened on by that. */
async function passedTo(places: readonly ListenPlace[]): Promise<PassedSockets | undefined> {
  if (places.every(({ socketName }) => socketName === undefined)) return undefined;
  const { PassedSockets } = await import("../transport/passed/passed_sockets.ts");
  return PassedSockets.ofProcess();
}

/**
 * Reads where the gateway listens.
 *
 * @throws {DariError} `usage` for anything but `https://host:port`.
 */
function httpsAddress(text: string): HostAddress {
  const address = parseAddress(text);
  if (address.kind === "https") return address;
  throw new DariError(
    "usage",
    `The gateway cannot listen on ${JSON.stringify(text)}: write for instance ` +
      `https://localhost:${limits.defaultHttpsPort}`,
  );
}

/** A server that closes what was opened for its listeners once all its connections have ended. */
class OwningServer extends QueueServer {
  /** Filled while the listeners are opened, disposed of by `close`. */
  readonly owned = new AsyncDisposableStack();

  /** Filled while the listeners are opened. */
  readonly reloads: (() => Promise<void>)[] = [];

  override async reload(): Promise<void> {
    await Promise.all(this.reloads.map((reload) => reload()));
  }

  override async close(drainTimeoutMs?: number): Promise<void> {
    await super.close(drainTimeoutMs);
    await this.owned.disposeAsync();
  }
}

const warn: WriteLog = (line, level) => {
  if (level === "warn") console.error(line);
};
