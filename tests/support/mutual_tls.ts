import { deadline } from "../../lib/base/abort.ts";
import { PeerVerifier } from "../../lib/cert/path/peer_verifier.ts";
import type { Connection } from "../../lib/transport/connection.ts";
import {
  NodeTlsDialer,
  type NodeTlsDialerOptions,
  type NodeTlsTarget,
} from "../../lib/transport/tls/node/node_tls_connect.ts";
import {
  listenNodeTls,
  type NodeTlsListener,
  type NodeTlsListenOptions,
} from "../../lib/transport/tls/node/node_tls_listen.ts";
import {
  clientPair,
  type TlsAuthority,
  tlsAuthority,
  type TlsPair,
  tlsPair,
} from "./tls_certificates.ts";

/** Certificates that every test of mutual TLS needs; made once. */
export interface World {
  readonly authority: TlsAuthority;
  readonly foreign: TlsAuthority;
  readonly server: TlsPair;
  readonly client: TlsPair;
}

let made: Promise<World> | undefined;

/** Two authorities, and a server and a client of the first. */
export function world(): Promise<World> {
  return made ??= (async () => {
    const authority = await tlsAuthority("CN=ours");
    return {
      authority,
      foreign: await tlsAuthority("CN=foreign"),
      server: await tlsPair(authority),
      client: await clientPair(authority, "worker.internal"),
    };
  })();
}

/** A listener of a test, with the reasons of its refusals and the connections that it accepted. */
export interface TestListener extends Disposable {
  readonly listener: NodeTlsListener;
  readonly port: number;
  /** Why connections were refused, in order. */
  readonly refusals: string[];
  /** Waits for the next refusal that nobody has waited for. */
  refusal(): Promise<string>;
  /** Waits for the next connection that is accepted. */
  accept(): Promise<Connection>;
}

/** What a listener for clients of the world's first authority is made with. */
export async function listenOptions() {
  const { server, authority } = await world();
  return {
    host: "127.0.0.1",
    port: 0,
    cert: server.cert,
    key: server.key,
    clientCa: authority.pem,
    verifyClient: (chain) => new PeerVerifier().verifyClient(chain),
    isRevoked: () => false,
  } satisfies NodeTlsListenOptions;
}

/** Keeps why a listener refuses connections; `refusal` waits for the next reason that nobody has had. */
export function collectRefusals() {
  const refusals: string[] = [];
  let seen = 0;
  let wake = () => {};
  return {
    refusals,
    onRefused(_address: string, reason: string): void {
      refusals.push(reason);
      wake();
    },
    async refusal(): Promise<string> {
      while (refusals.length === seen) {
        await soon(new Promise<void>((resolve) => wake = resolve));
      }
      return refusals[seen++]!;
    },
  };
}

/** Listens on loopback for clients of the world's first authority. */
export async function startListener(
  options: Partial<NodeTlsListenOptions> = {},
): Promise<TestListener> {
  const { onRefused, refusals, refusal } = collectRefusals();
  const listener = await listenNodeTls({ ...await listenOptions(), onRefused, ...options });
  const accepted = listener[Symbol.asyncIterator]();
  return {
    listener,
    port: listener.at.port,
    refusals,
    refusal,
    async accept() {
      const { value } = await accepted.next();
      return value;
    },
    [Symbol.dispose]: () => listener.close(),
  };
}

/** Connects to a listener of a test as the world's client, unless told otherwise. */
export async function dialAs(
  pair: Pick<TlsPair, "cert" | "key"> | undefined,
  port: number,
  { host = "127.0.0.1", ...options }: Partial<NodeTlsDialerOptions & NodeTlsTarget> = {},
  signal?: AbortSignal,
): Promise<Connection> {
  const { authority } = await world();
  const dialer = new NodeTlsDialer({
    ca: authority.pem,
    pair,
    verifyServer: (chain, host) => new PeerVerifier().verifyServer(chain, host),
    ...options,
  });
  return await dialer.connect({ host, port }, signal);
}

/** What a promise gives; a defence that is missing makes a test fail instead of wait. */
export function soon<T>(promise: Promise<T>, timeoutMs = 5_000): Promise<T> {
  return deadline(promise, timeoutMs);
}
