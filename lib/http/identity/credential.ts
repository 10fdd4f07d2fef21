/**
 * The credential of a request: `Authorization`, or the cookie of a browser's session.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750 | RFC 6750}
 * @module
 */

import { HttpFault } from "../engine/http_fault.ts";
import type { HttpRequest } from "../engine/http_message.ts";

/**
 * The session cookie. A browser takes a name that begins with `__Host-` only from the host itself, by
 * HTTPS, for all its paths (RFC 6265bis section 4.1.3.2).
 */
const SESSION_COOKIE = "__Host-dari";

/** The cookie that binds a sign-in by passkey to the browser that began it. */
export const PASSKEY_COOKIE = "__Host-dari-passkey";

const BEARER = /^bearer +([A-Za-z0-9._~+/=-]+) *$/i;
/** A call signed by an API key; its method and params are covered, so the whole value is the token. */
const SIGNATURE = /^dari-hmac /;
const TOKEN = /^[A-Za-z0-9._~+/=-]+$/;
const IN_QUERY =
  /[?&](?:access_token|auth|authorization|token|api_?key|session|jwt|password)=|[=?&]dari_|[=?&]dses_/i;

/**
 * Reads the credential of a request.
 *
 * @param request The request.
 * @returns A session token, an API key, or the signature of the call; `undefined` for a stranger.
 * @throws {HttpFault} 401 for `Authorization` of another kind, 400 for two session cookies: one of them
 * was set by somebody else.
 */
export function credentialOf(request: HttpRequest): string | undefined {
  const authorization = request.header("authorization");
  if (authorization === null) return cookieIn(request);
  if (SIGNATURE.test(authorization)) return authorization;
  const token = BEARER.exec(authorization)?.[1];
  if (token !== undefined) return token;
  throw new HttpFault(401, "Authorization must be Bearer and a session token or an API key", {
    "www-authenticate": "Bearer",
  });
}

/**
 * Reads a cookie.
 *
 * @param request The request.
 * @param name Its name; that of the session by default.
 * @returns Its value, for instance the session's token.
 * @throws {HttpFault} 400 for two.
 */
export function cookieIn(request: HttpRequest, name = SESSION_COOKIE): string | undefined {
  const cookies = request.header("cookie");
  if (cookies === null || !cookies.includes(name)) return undefined;
  const found: string[] = [];
  for (const cookie of cookies.split(";")) {
    const equals = cookie.indexOf("=");
    if (cookie.slice(0, equals).trim() === name) {
      found.push(cookie.slice(equals + 1).trim());
    }
  }
  if (found.length > 1) {
    throw new HttpFault(400, `The request has ${found.length} cookies ${name}`);
  }
  const [token] = found;
  if (token === undefined || token === "") return undefined;
  if (!TOKEN.test(token)) throw new HttpFault(400, `The cookie ${name} is malformed`);
  return token;
}

/**
 * Refuses a credential in the query: it would stand in logs, histories and `Referer`.
 *
 * @param target Path and query.
 * @throws {HttpFault} 400.
 */
export function refuseCredentialInQuery(target: string): void {
  const query = target.indexOf("?");
  if (query < 0 || !IN_QUERY.test(decoded(target.slice(query)))) return;
  throw new HttpFault(
    400,
    "The URL holds a credential, which logs would keep; send Authorization: Bearer, and replace it",
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Writes the session cookie.
 *
 * @param token The session's token; empty to take the cookie back.
 * @param maxAgeSeconds How long the browser keeps it.
 * @returns The value of `Set-Cookie`.
 */
export function sessionCookie(token: string, maxAgeSeconds: number): string {
  return setCookie(SESSION_COOKIE, token, maxAgeSeconds);
}

/**
 * Writes a cookie that no script reads and no other site sends.
 *
 * @param name Its name.
 * @param value Its value.
 * @param maxAgeSeconds How long the browser keeps it.
 * @returns The value of `Set-Cookie`.
 */
export function setCookie(name: string, value: string, maxAgeSeconds: number): string {
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; Secure; HttpOnly; SameSite=Strict`;
}
