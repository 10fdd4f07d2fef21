/**
 * The headers that every reply of the gateway itself has.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { PROBLEM } from "../engine/problem.ts";
import type { ReplyHeaders } from "../engine/http_message.ts";

/** The headers of replies by what their body is. */
export interface CommonHeaders {
  /** Of JSON. */
  readonly json: ReplyHeaders;
  /** Of problem details. */
  readonly problem: ReplyHeaders;
  /** Of bytes. */
  readonly bytes: ReplyHeaders;
  /** Of an event stream. */
  readonly events: ReplyHeaders;
  /** Of text. */
  readonly text: ReplyHeaders;
  /** Of a reply without a body. */
  readonly none: ReplyHeaders;
  /** Of a static file, beside its type. */
  readonly file: ReplyHeaders;
}

/**
 * Makes the headers of one gateway.
 *
 * @param hsts Whether browsers are told to reach this host by HTTPS alone from now on. On `localhost`
 * that would hold for every other server of the developer's machine.
 * @returns The headers.
 */
export function commonHeaders(hsts: boolean): CommonHeaders {
  const every = {
    "x-content-type-options": "nosniff",
    ...(hsts ? { "strict-transport-security": `max-age=${limits.hstsMaxAgeSeconds}` } : {}),
  };
  const none = {
    ...every,
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  };
  return {
    none,
    json: { "content-type": "application/json", ...none },
    problem: { "content-type": PROBLEM, ...none },
    bytes: { "content-type": "application/octet-stream", ...none },
    events: { "content-type": "text/event-stream", ...none },
    text: { "content-type": "text/plain; charset=utf-8", ...none },
    file: {
      ...every,
      "content-security-policy": "frame-ancestors 'none'",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "same-origin",
    },
  };
}
