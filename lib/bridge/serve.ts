/**
 * The front door of the serving side: addresses, certificates and methods meet here.
 *
 * @module
 */

import { limits } from "../base/limits.ts";
import type { Methods } from "../rpc/method.ts";
import { Server, type ServerOptions } from "../rpc/server.ts";
import type { Listener } from "../transport/connection.ts";
import { type CertificateAndKey, listen } from "../transport/listen.ts";

/** What {@linkcode serve} takes. */
export interface ServeOptions extends ServerOptions {
  /** Where to listen: one address or several, or listeners that exist already. */
  readonly listen: string | Listener | readonly (string | Listener)[];
  /** The methods by name. */
  readonly methods: Methods;
  /** The certificate and key for `tls://`, PEM. Without one, `data` holds them. */
  readonly tls?: CertificateAndKey | undefined;
  /**
   * The directory that holds the local authority and the server's certificate, made at first use.
   *
   * @default {".dari"}
   */
  readonly data?: string | undefined;
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
  const server = new Server(options);
  try {
    for (const place of places) {
      server.listen(typeof place === "string" ? await listenAt(place, options) : place);
    }
  } catch (error) {
    await server.close(0);
    throw error;
  }
  return server;
}

function listenAt(address: string, options: ServeOptions): Promise<Listener> {
  const { tls, data = limits.dataDirectory, insecure } = options;
  return listen(address, {
    insecure,
    certificate: async (host) => {
      if (tls !== undefined) return tls;
      // Loaded here, since only a server without a certificate of its own needs an authority.
      const { ensureServerIdentity } = await import("../cert/server_identity.ts");
      const { certPem, keyPem } = await ensureServerIdentity(data, { names: [host] });
      return { cert: certPem, key: keyPem };
    },
  });
}
