/**
 * Listening with TLS and a server certificate, over Deno's own listener. Client certificates need
 * more, see ARCHITECTURE.md.
 *
 * @module
 */

import { delay } from "../../base/abort.ts";
import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import { acceptAll, longerPause } from "../accept.ts";
import { hostAndPort } from "../address.ts";
import type { Connection, Listener } from "../connection.ts";
import { checkKeyPair } from "./key_pair.ts";
import type { CertificateAndKey, TlsIdentity } from "./key_pair.ts";
import { bind, requireReusePort } from "../tcp.ts";
import { ALPN, HTTP_ALPN } from "./alpn.ts";
import { tlsConnection } from "./tls_connect.ts";

/** What a TLS server needs. */
export interface TlsListenOptions extends TlsIdentity {
  /** A name or an IP address to listen on. */
  readonly host: string;
  /** The port; 0 lets the system choose. */
  readonly port: number;
  /**
   * Whether clients that speak HTTP get through the handshake, to be told there where the server
   * speaks it.
   *
   * @default {false}
   */
  readonly hearsHttp?: boolean | undefined;
  /** Whether others that say so too may listen there as well; the system chooses one for each client. */
  readonly reusePort?: boolean | undefined;
  /** Hears when a reload finds the port taken, and the listener keeps trying. */
  readonly tell?: ((line: string, level: "warn") => void) | undefined;
}

/**
 * A listener over Deno's own TLS, which cannot change its certificate: it is closed and opened again.
 *
 * While a reload is under way `#reopened` is set, and `#listener` is closed until it resolves; at all
 * other times `#listener` is open and serves `#pair`, until `close`.
 */
export class TlsListener implements Listener {
  /** Where it listens. */
  readonly address: string;
  readonly #tell: (line: string, level: "warn") => void;
  /** As it was bound: a name may stand for several addresses, and port 0 for any. */
  readonly #at: BoundAddress;
  /** Aborts with `close`. */
  readonly #closed = new AbortController();
  /** The certificate and key that `#listener` was opened with. */
  #pair: TlsIdentity;
  /** Opened by the constructor and by each reload; closed by the next reload or by `close`. */
  #listener: Deno.TlsListener;
  /** Resolves once {@linkcode reload} has the port again. */
  #reopened: Promise<void> | undefined;
  /** The accept under way: until it has ended, the system does not free the port. */
  #accepting: Promise<unknown> = Promise.resolve();
  /** How many connections were accepted; tells `#emptyQueue` when the queue is empty. */
  #accepted = 0;
  /** The certificate that the latest connection was accepted with. */
  #acceptedWith: TlsIdentity;

  /** @param options Where, and with which certificate. */
  constructor(options: TlsListenOptions) {
    const { host, port, cert, key, channelBindings, tell = () => {} } = options;
    const { reusePort = false } = options;
    this.#pair = { cert, key, channelBindings };
    this.#acceptedWith = this.#pair;
    const alpnProtocols = options.hearsHttp === true ? [ALPN, HTTP_ALPN] : [ALPN];
    const at = { hostname: host, port, reusePort, alpnProtocols };
    this.#listener = bind(options, () => open(at, this.#pair));
    const { addr } = this.#listener;
    this.#at = { ...at, hostname: addr.hostname, port: addr.port };
    this.address = `tls://${hostAndPort(host, addr.port)}`;
    this.#tell = tell;
  }

  /**
   * Replaces certificate and key for new connections; open ones stay. The port is closed for some
   * tenths of a millisecond: a client that connects in that moment is refused and has to try again.
   *
   * @param pair The new ones.
   * @returns Once the listener has them in use, or was closed.
   * @throws {DariError} `configuration` when they cannot be used; the old ones stay then.
   */
  async reload(pair: TlsIdentity): Promise<void> {
    checkKeyPair(pair);
    await this.#emptyQueue();
    if (this.#closed.signal.aborted) return;
    this.#listener.close();
    const reopening = this.#reopen(pair);
    this.#reopened = reopening.catch(() => {});
    try {
      await reopening;
    } finally {
      this.#reopened = undefined;
    }
  }

  close(): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    if (this.#reopened === undefined) this.#listener.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Connection> {
    const acceptor = { accept: () => this.#accept() };
    for await (const conn of acceptAll(acceptor, this.#closed.signal)) {
      yield tlsConnection(conn, this.#acceptedWith.channelBindings);
    }
  }

  async #accept(): Promise<Deno.TlsConn> {
    while (true) {
      await this.#reopened;
      const listener = this.#listener;
      const pair = this.#pair;
      const accepting = listener.accept();
      this.#accepting = accepting.catch(() => {});
      try {
        const conn = await accepting;
        this.#accepted++;
        this.#acceptedWith = pair;
        return conn;
      } catch (error) {
        if (this.#reopened === undefined && listener === this.#listener) throw error;
      }
    }
  }

  /** Waits until the connections in the system's queue were accepted: closing the port resets them. */
  async #emptyQueue(): Promise<void> {
    for (let round = 0; round < limits.maxAcceptsBeforeReload; round++) {
      const before = this.#accepted;
      await new Promise((resolve) => setTimeout(resolve));
      if (before === this.#accepted) return;
    }
  }

  async #reopen(pair: TlsIdentity): Promise<void> {
    await this.#accepting;
    let pauseMs: number = limits.acceptRetryMs;
    let hasTold = false;
    while (!this.#closed.signal.aborted) {
      try {
        this.#listener = open(this.#at, pair);
        this.#pair = pair;
        return;
      } catch (cause) {
        if (cause instanceof DariError && pair !== this.#pair) {
          // Deno may refuse what node:crypto accepts; the port must not stay closed for that.
          await this.#reopen(this.#pair);
          throw cause;
        }
        if (!hasTold) {
          const line = `Cannot listen on ${this.address} again yet: ${reasonOf(cause)}`;
          this.#tell(line, "warn");
        }
        hasTold = true;
        await delay(pauseMs, { signal: this.#closed.signal }).catch(() => {}); // then the loop ends
        pauseMs = longerPause(pauseMs);
      }
    }
  }
}

/**
 * Listens with TLS 1.2 and 1.3.
 *
 * @param options Where, and with which certificate.
 * @returns The listener; a connection shakes hands when it is first read from.
 * @throws {DariError} `configuration` when certificate and key cannot be used, or when the runtime
 * cannot share a port.
 * @throws {TransportError} `unavailable` when the port is in use.
 */
export function listenTls(options: TlsListenOptions): TlsListener {
  if (options.reusePort) requireReusePort();
  checkKeyPair(options);
  return new TlsListener(options);
}

/** Where to listen, as the runtime takes it. */
interface BoundAddress {
  readonly hostname: string;
  readonly port: number;
  readonly reusePort: boolean;
  readonly alpnProtocols: string[];
}

function open(at: BoundAddress, { cert, key }: CertificateAndKey): Deno.TlsListener {
  try {
    return Deno.listenTls({ ...at, cert, key });
  } catch (cause) {
    // Only some of what may be wrong with a certificate has a class of its own.
    const isOfPair = cause instanceof Deno.errors.InvalidData ||
      /certificate|keys/.test(reasonOf(cause));
    if (!isOfPair) throw cause;
    throw new DariError(
      "configuration",
      `Cannot use the certificate and key for ${hostAndPort(at.hostname, at.port)}: ${
        reasonOf(cause)
      }`,
      { cause },
    );
  }
}
