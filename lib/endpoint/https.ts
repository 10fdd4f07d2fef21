/**
 * The HTTPS gateway of a server put together: its engine, the server's certificate, and the checks of
 * client certificates. Loaded only for a server that has one.
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type {
  ClientCertificates,
  Engine,
  EngineName,
  EngineOptions,
} from "../http/engine/engine.ts";
import { openEngine } from "../http/open_engine.ts";
import { Gateway } from "../http/gateway.ts";
import type { HttpsOptions } from "../http/gateway_options.ts";
import { McpServer } from "../mcp/mcp_server.ts";
import { insideOf, type Server } from "../rpc/server/server.ts";
import type { ServerOptions } from "../rpc/server/server_options.ts";
import { type HostAddress, hostAndPort, isLoopback } from "../transport/address.ts";
import type { Connection, Listener, PeerCertificate } from "../transport/connection.ts";
import { listenLocalhost } from "../transport/scheme/localhost.ts";
import { permittedHost } from "../transport/tls/node/net_permission.ts";
import { checkKeyPair, type TlsCredentials } from "../transport/tls/key_pair.ts";
import { VERSION } from "../base/version.ts";
import { toolOffers } from "./mcp/tool_offers.ts";
import type { ServerTls } from "./listen.ts";
import type { ClientCheckOptions } from "./listen_node_tls.ts";

/** What a gateway is put together from; `serve` describes each. */
export interface GatewayContext extends
  Omit<ClientCheckOptions, "ledger">,
  Pick<
    ServerOptions,
    "info" | "maxConnections" | "maxConnectionsPerPeer" | "handshakeTimeoutMs"
  > {
  readonly https: HttpsOptions;
  readonly stalledPeerMs?: number | undefined;
  readonly tlsMin?: "1.2" | "1.3" | undefined;
  readonly onRefused?: ((address: string, reason: string) => void) | undefined;
}

/**
 * Opens the gateway of a server.
 *
 * @param server The server; it stops the gateway.
 * @param address Where.
 * @param tls The server's certificate.
 * @param context What the program asked for.
 * @throws {DariError} `usage`, `configuration` for options that cannot be used.
 * @throws {TransportError} `unavailable` when the port is in use.
 */
export async function joinGateway(
  server: Server,
  address: HostAddress,
  { credentials, ledger }: ServerTls,
  context: GatewayContext,
): Promise<void> {
  const { https: options, tell } = context;
  const { clientCa } = credentials.current;
  const inside = insideOf(server);
  const name = engineOf(address, clientCa !== undefined, context);
  const gateway = new Gateway({
    serving: inside.serving,
    attach: inside.attach,
    readPages: async () => await (await import("./page/pages.ts")).readPages(),
    options,
    isLoopback: isLoopback(address.host),
    asksForCertificates: clientCa !== undefined,
    mcp: toolsOf(context),
    tell,
  });
  const clients = clientCa === undefined ? undefined : await clientsOf(
    () => credentials.current.clientCa,
    { ...context, ledger },
  );
  const engines = new Set<Engine>();
  const open = async (at: HostAddress): Promise<Listener> => {
    const { current } = credentials;
    checkKeyPair(current);
    const host = name === "strict" ? permittedHost(at) : at.host;
    const engine = await openEngine(name, {
      ...engineOptions(context),
      ...{ host, port: at.port, credentials: current, clients, handler: gateway },
    });
    const leave = credentials.subscribe(
      (fresh) => reload(engine, fresh, clientCa !== undefined),
      current,
    );
    const owned: Engine = {
      port: engine.port,
      reload: (fresh) => engine.reload(fresh),
      stop(): void {
        leave();
        engine.stop();
      },
      close: () => engine.close(),
    };
    engines.add(owned);
    return {
      address: `https://${hostAndPort(at.host, engine.port)}`,
      close(): void {
        engines.delete(owned);
        owned.stop();
        void owned.close();
      },
      // Its requests go to the gateway: no connections come out of it.
      async *[Symbol.asyncIterator](): AsyncGenerator<Connection> {},
    };
  };
  const { address: listened } = address.host === "localhost"
    ? await listenLocalhost(address, open)
    : await open(address);
  gateway.listen(listened, [...engines]);
  inside.join(gateway);
}

function toolsOf({ https: { mcp = [] }, info }: GatewayContext): McpServer | undefined {
  if (mcp.length === 0) return undefined;
  const { title = "dari", version = VERSION } = info ?? {};
  return new McpServer({ info: { name: title, version }, offers: toolOffers(mcp) });
}

/** Without client certificates the fast engine does on loopback; the strict one can do all. */
function engineOf(
  { host }: HostAddress,
  asksForCertificates: boolean,
  { https, tlsMin }: GatewayContext,
): EngineName {
  const needsStrict = asksForCertificates
    ? "it cannot ask for client certificates"
    : tlsMin === "1.3"
    ? "it cannot refuse TLS 1.2"
    : undefined;
  if (https.engine === "fast" && needsStrict !== undefined) {
    throw new DariError(
      "configuration",
      `The fast engine cannot be used: ${needsStrict}; leave the engine out, or choose "strict"`,
    );
  }
  return https.engine ??
    (needsStrict === undefined && isLoopback(host) ? "fast" : "strict");
}

type EngineBounds = Omit<EngineOptions, "host" | "port" | "credentials" | "clients" | "handler">;

function engineOptions(context: GatewayContext): EngineBounds {
  const { https, tlsMin, onRefused = () => {} } = context;
  return {
    tlsMin,
    onRefused,
    maxConnections: context.maxConnections ?? limits.maxConnections,
    maxConnectionsPerPeer: context.maxConnectionsPerPeer ?? limits.maxConnectionsPerPeer,
    handshakeTimeoutMs: context.handshakeTimeoutMs ?? limits.handshakeTimeoutMs,
    stalledPeerMs: context.stalledPeerMs ?? limits.stalledPeerMs,
    headersTimeoutMs: https.headersTimeoutMs ?? limits.httpHeadersTimeoutMs,
    requestTimeoutMs: https.requestTimeoutMs ?? limits.httpRequestTimeoutMs,
    keepAliveMs: https.keepAliveMs ?? limits.httpKeepAliveMs,
  };
}

async function reload(engine: Engine, fresh: TlsCredentials, asked: boolean): Promise<void> {
  checkKeyPair(fresh);
  if ((fresh.clientCa !== undefined) !== asked) {
    throw new DariError("configuration", "A reload cannot begin or end asking for certificates");
  }
  await engine.reload(fresh);
}

async function clientsOf(
  clientCa: () => string | undefined,
  options: GatewayContext & ClientCheckOptions,
): Promise<ClientCertificates> {
  const { openClientChecks } = await import("./listen_node_tls.ts");
  const { checkClient } = await import("../transport/tls/node/client_check.ts");
  const { CertificateWatch } = await import("../transport/tls/node/certificate_watch.ts");
  const { verifyClient, isRevoked, listedFault } = await openClientChecks(options);
  const watch = new CertificateWatch((certificate) => {
    const { serial } = certificate;
    return isRevoked(serial) ? `its certificate ${serial} was revoked` : listedFault?.(certificate);
  }, options.clock);
  return {
    required: options.https.clientCertificates === "required",
    watch: (certificate, cut) => watch.add(certificate, cut),
    async check(connection) {
      const socket = connection as Parameters<typeof checkClient>[0];
      // A session that was resumed shows what was verified once, perhaps by another listener.
      if (socket.isSessionReused() || socket.getPeerX509Certificate() === undefined) return {};
      const faultOf = (certificate: PeerCertificate) => watch.faultOf(certificate);
      return await checkClient(socket, { clientCa: clientCa(), verifyClient, faultOf });
    },
  };
}
