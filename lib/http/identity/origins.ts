/**
 * Which web pages may call: those of the gateway's own origin, and of origins that are named.
 *
 * @see {@link https://fetch.spec.whatwg.org/#http-cors-protocol | Fetch}, the CORS protocol
 * @see {@link https://www.w3.org/TR/fetch-metadata/ | Fetch Metadata}
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { HttpFault } from "../engine/http_fault.ts";
import type { HttpAnswer, HttpRequest, ReplyHeaders } from "../engine/http_message.ts";

const NONE: ReplyHeaders = Object.freeze({});
const ALLOWED_HEADERS =
  "authorization, content-type, idempotency-key, last-event-id, mcp-method, mcp-name, " +
  "mcp-protocol-version, mcp-session-id, timeout-ms, traceparent, tracestate";

/** The pages that may call. */
export class Origins {
  readonly #named: ReadonlySet<string>;

  /**
   * @param named Other origins whose pages may call, for instance `https://app.example.com`.
   * @throws {DariError} `usage` for a text that is no origin.
   */
  constructor(named: readonly string[]) {
    for (const origin of named) {
      if (URL.canParse(origin) && new URL(origin).origin === origin) continue;
      const example = "write for instance https://app.example.com, without a path";
      throw new DariError("usage", `${JSON.stringify(origin)} is not an origin: ${example}`);
    }
    this.#named = new Set(named);
  }

  /**
   * Checks where a request to a method came from. Programs that are no browsers send neither `Origin`
   * nor `Sec-Fetch-Site`, and hold no cookies by themselves.
   *
   * @param request The request.
   * @returns Headers for the reply, where a page of a named origin reads it.
   * @throws {HttpFault} 403 for a page of any other origin, sibling hosts included.
   */
  check(request: HttpRequest): ReplyHeaders | undefined {
    const origin = request.header("origin");
    if (origin === null) {
      // A browser sends Origin with every POST; other requests say by this header who made them.
      if (request.method !== "POST") this.#checkSite(request);
      return undefined;
    }
    if (this.#named.has(origin)) {
      return { "access-control-allow-origin": origin, "vary": "origin" };
    }
    if (origin !== `https://${request.host}`) {
      throw new HttpFault(403, `Pages of ${JSON.stringify(origin)} may not call this server`);
    }
    return undefined;
  }

  /**
   * Answers the question of a browser whether a page may make a request.
   *
   * @param request The request, of the method OPTIONS.
   * @param none The headers of a reply without a body.
   * @throws {HttpFault} 403 as {@linkcode check}.
   */
  preflight(request: HttpRequest, none: ReplyHeaders): HttpAnswer {
    const allowed = this.check(request) ?? NONE;
    return {
      status: 204,
      headers: {
        ...none,
        allow: "GET, POST, OPTIONS",
        ...(allowed === NONE ? NONE : {
          ...allowed,
          "access-control-allow-methods": "GET, POST",
          "access-control-allow-headers": ALLOWED_HEADERS,
          "access-control-max-age": String(limits.corsMaxAgeSeconds),
        }),
      },
      body: null,
    };
  }

  #checkSite(request: HttpRequest): void {
    const site = request.header("sec-fetch-site");
    if (site === null || site === "same-origin" || site === "none") return;
    throw new HttpFault(403, `A page of another origin (${site}) may not call this server`);
  }
}
