/**
 * The front door of the serving side: addresses, certificates and methods meet here.
 *
 * @module
 */

import { limits } from "../base/limits.ts";
import type { Methods } from "../rpc/method/method.ts";
import { Server, type ServerOptions } from "../rpc/server/server.ts";
import type { Listener } from "../transport/connection.ts";
import { listen } from "../transport/scheme/listen.ts";
import type { CertificateAndKey } from "../transport/tls/key_pair.ts";
import {
  type AuthorityFile,
  type CertificateFiles,
  certificateSource,
} from "../cert/server/server_certificate.ts";
import type { Ledger } from "../cert/ledger/ledger.ts";
import { listenWithServerCertificate } from "./listen_tls.ts";

/** What {@linkcode serve} takes. */
export interface ServeOptions extends ServerOptions {
  /** Where to listen: one address or several, or listeners that exist already. */
  readonly listen: string | Listener | readonly (string | Listener)[];
  /** The methods by name. */
  readonly methods: Methods;
  /** The certificate and key for `tls://`, PEM or their files. Without one, `data` holds them. */
  readonly tls?: CertificateAndKey | CertificateFiles | undefined;
  /**
   * The authorities of client certificates, PEM or their file. With them every `tls://` listener
   * asks for a certificate (mutual TLS), and who shows none is not let in.
   */
  readonly clientCa?: string | AuthorityFile | undefined;
  /**
   * The oldest version of TLS that is spoken.
   *
   * @default {"1.2"}
   */
  readonly tlsMin?: "1.2" | "1.3" | undefined;
  /** Told of everyone whom a mutual TLS listener did not let in: the address, and why. */
  readonly onRefused?: ((address: string, reason: string) => void) | undefined;
  /**
   * Told when a listener takes up a new certificate, or could not.
   *
   * @default {console.error}
   */
  readonly tell?: ((line: string, level: "info" | "warn") => void) | undefined;
  /**
   * The directory that holds the local authority and the server's certificate, made at first use.
   *
   * @default {".dari"}
   */
  readonly data?: string | undefined;
  /**
   * The ledger of that directory's certificates. It stays yours to close.
   *
   * @default {the ledger in the directory's store, `dari.db`}
   */
  readonly ledger?: Ledger | undefined;
  /**
   * Allow `tcp://` beyond loopback.
   *
   * @default {false}
   */
  readonly insecure?: boolean | undefined;
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
export async function serve(options: ServeOptions): Promise<Server> {
  const places = [options.listen].flat() as (string | Listener)[];
  const server = new LedgerServer(options);
  try {
    for (const place of places) {
      server.listen(typeof place === "string" ? await listenAt(place, options, server) : place);
    }
  } catch (error) {
    await server.close(0);
    throw error;
  }
  return server;
}

/** A server that opens the ledger of its data directory when it needs it, and closes it. */
class LedgerServer extends Server {
  /** Opened by the first `tls://` listener, closed when all connections have ended. */
  #ledger: Promise<Ledger> | undefined;

  ledgerOf({ ledger, data = limits.dataDirectory, clock }: ServeOptions): Promise<Ledger> {
    if (ledger !== undefined) return Promise.resolve(ledger);
    // Loaded here, since a server without tls:// has no certificates.
    return this.#ledger ??= import("./data_ledger.ts").then(({ dataLedger }) =>
      dataLedger(data, clock)
    );
  }

  override async close(drainTimeoutMs?: number): Promise<void> {
    await super.close(drainTimeoutMs);
    await (await this.#ledger)?.[Symbol.asyncDispose]();
  }
}

function listenAt(
  address: string,
  options: ServeOptions,
  server: LedgerServer,
): Promise<Listener> {
  const { tls, clientCa, tlsMin, data = limits.dataDirectory, insecure, clock } = options;
  return listen(address, {
    insecure,
    tls: async (at) => {
      const ledger = await server.ledgerOf(options);
      const source = certificateSource(tls, data, at.host, clock, ledger);
      const tell = options.tell ?? ((line: string) => console.error(line));
      if (clientCa === undefined && tlsMin !== "1.3") {
        return await listenWithServerCertificate(at, { source, tell, clock });
      }
      // Deno's own listener can do neither; node:tls is loaded only where it is needed.
      const { listenWithCertificates } = await import("./listen_mutual_tls.ts");
      return await listenWithCertificates(at, { ...options, ledger, source, tell });
    },
  });
}
