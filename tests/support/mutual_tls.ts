import { describeClient, describeServer } from "../../lib/cert/path/peer_certificate.ts";
import type { Connection } from "../../lib/transport/connection.ts";
import {
  connectMutualTls,
  type MutualTlsConnectOptions,
} from "../../lib/transport/tls/mutual_tls_connect.ts";
import {
  listenMutualTls,
  type MutualTlsListener,
  type MutualTlsListenOptions,
} from "../../lib/transport/tls/mutual_tls_listen.ts";
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

/** A listener of a test, and the connections that it refused and accepted. */
export interface TestListener extends Disposable {
  readonly listener: MutualTlsListener;
  readonly port: number;
  /** Why connections were refused, in order. */
  readonly refusals: string[];
  /** Waits for the next refusal; each is given once. */
  refusal(): Promise<string>;
  /** Waits for the next connection that is accepted. */
  accept(): Promise<Connection>;
}

/** Options of a listener for clients of the world's first authority. */
export async function listenOptions() {
  const { server, authority } = await world();
  return {
    host: "127.0.0.1",
    port: 0,
    cert: server.cert,
    key: server.key,
    clientCa: authority.pem,
    describe: describeClient,
    isRevoked: () => false,
  } satisfies MutualTlsListenOptions;
}

/** Listens on loopback for clients of the world's first authority. */
export async function startListener(
  options: Partial<MutualTlsListenOptions> = {},
): Promise<TestListener> {
  const refusals: string[] = [];
  let seen = 0;
  let wake = () => {};
  const listener = await listenMutualTls({
    ...await listenOptions(),
    onRefused: (_address, reason) => {
      refusals.push(reason);
      wake();
    },
    ...options,
  });
  const accepted = listener[Symbol.asyncIterator]();
  return {
    listener,
    port: listener.at.port,
    refusals,
    async refusal() {
      while (refusals.length === seen) {
        await soon(new Promise<void>((resolve) => wake = resolve));
      }
      return refusals[seen++]!;
    },
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
  options: Partial<MutualTlsConnectOptions> = {},
): Promise<Connection> {
  const { authority } = await world();
  return await connectMutualTls({
    host: "127.0.0.1",
    port,
    ca: authority.pem,
    pair,
    describe: describeServer,
    ...options,
  });
}

/** Waits for a promise, but not for ever: where a defence is missing, the test fails instead of hanging. */
export async function soon<T>(promise: Promise<T>, timeoutMs = 5_000): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const late = () => reject(new Error(`nothing happened for ${timeoutMs} ms`));
    timer = setTimeout(late, timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
