/**
 * What the HTTPS gateway of a server is configured with.
 *
 * @module
 */

import type { Principal } from "../auth/policy/principal.ts";
import type { Peer } from "../transport/connection.ts";
import type { EngineName } from "./engine/engine.ts";

/** What a program's own handler knows of a request beside the request itself. */
export interface FetchInfo {
  /** The other end: its address, as a trusted proxy says where there is one. */
  readonly peer: Peer;
  /**
   * Says who makes the request, by its credential.
   *
   * @returns The principal; `null` for a stranger, and for a credential that is not valid.
   */
  principal(): Promise<Principal | null>;
}

/** Answers the requests that are for none of the gateway's own paths. */
export type FetchHandler = (request: Request, info: FetchInfo) => Response | Promise<Response>;

/** The options of the HTTPS gateway: {@linkcode serve} takes them as `https`. */
export interface HttpsOptions {
  /** Where to listen: `https://localhost:9443`. Port 0 lets the system choose. */
  readonly listen: string;
  /**
   * What takes the requests in; both speak HTTP/1.1 and HTTP/2. `fast` is Deno.serve, without time-outs
   * for slow requests. `strict` has time-outs, bounds on headers, and client certificates.
   *
   * @default {"fast" on loopback, "strict" beyond it and with client authorities}
   */
  readonly engine?: EngineName | undefined;
  /**
   * Whether clients must show a certificate where `clientCa` names their authorities, or are asked for
   * one and may sign in otherwise. Browsers resume their TLS sessions, and a resumed session counts as
   * one without a certificate.
   *
   * @default {"asked"}
   */
  readonly clientCertificates?: "asked" | "required" | undefined;
  /**
   * Other origins whose web pages may call, for instance `https://app.example.com`.
   *
   * @default {none}
   */
  readonly origins?: readonly string[] | undefined;
  /**
   * Addresses and networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Host` are believed.
   *
   * @default {none}
   */
  readonly trustedProxies?: readonly string[] | undefined;
  /** A directory whose files are served. */
  readonly static?: string | undefined;
  /**
   * Patterns of the methods that models may call as tools, by the Model Context Protocol at `/mcp`:
   * `orders.*`, `report`, `!orders.delete`. An administrative method has to be named in full.
   *
   * @default {none, and there is no `/mcp`}
   */
  readonly mcp?: readonly string[] | undefined;
  /**
   * Whether the gateway has a page of its own at `/`, where neither `static` nor `fetch` has one, and
   * the client for browsers at `/dari.js`.
   *
   * @default {true}
   */
  readonly page?: boolean | undefined;
  /** Answers what is for none of the gateway's own paths and no file. */
  readonly fetch?: FetchHandler | undefined;
  /**
   * Whether browsers are told to reach this host by HTTPS alone (HSTS).
   *
   * @default {true beyond loopback}
   */
  readonly hsts?: boolean | undefined;
  /**
   * Time for the headers of a request to come whole, in milliseconds (strict engine).
   *
   * @default {10_000}
   */
  readonly headersTimeoutMs?: number | undefined;
  /**
   * Time for a request to come whole, with its body, in milliseconds (strict engine).
   *
   * @default {30_000}
   */
  readonly requestTimeoutMs?: number | undefined;
  /**
   * Time after which a connection without a request is closed, in milliseconds (strict engine).
   *
   * @default {60_000}
   */
  readonly keepAliveMs?: number | undefined;
  /**
   * The most requests at work at once; more are answered with 503.
   *
   * @default {10_000}
   */
  readonly maxRequests?: number | undefined;
}
