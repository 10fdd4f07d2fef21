/**
 * The head of a request: its headers, checked.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9113#section-8.2 | RFC 9113}, sections 8.2 and 8.3
 * @module
 */

import { CONNECTION_HEADERS } from "./connection_headers.ts";
import { CODE, StreamFault } from "./frames/frame.ts";
import type { Header } from "./hpack/static_table.ts";

/** The head of a request. */
export interface RequestHead {
  readonly method: string;
  readonly scheme: string;
  /** Path and query; empty for a CONNECT without a protocol. */
  readonly path: string;
  /** Host and port. */
  readonly authority: string;
  /** What a CONNECT asks for (RFC 8441). */
  readonly protocol: string | undefined;
  /** The other headers by their names; several of one name are joined. */
  readonly headers: ReadonlyMap<string, string>;
  /** The length of the body, where the request says it. */
  readonly contentLength: number | undefined;
}

const PSEUDO: ReadonlySet<string> = new Set([
  ":method",
  ":scheme",
  ":authority",
  ":path",
  ":protocol",
]);

const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
// What a value may not have (RFC 9113 section 8.2.1).
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/;

/**
 * Checks the headers of a request.
 *
 * @param list The headers, in their order.
 * @returns The head.
 * @throws {StreamFault} For headers that are malformed.
 */
export function parseRequestHead(list: readonly Header[]): RequestHead {
  const pseudo = new Map<string, string>();
  const headers = new Map<string, string>();
  for (const [name, value] of list) {
    if (BAD_VALUE.test(value)) {
      throw malformed(`The header "${name}" has a value that none may have`);
    }
    if (name.startsWith(":")) {
      if (!PSEUDO.has(name)) throw malformed("There is a pseudo-header that is not known");
      if (pseudo.has(name)) throw malformed(`"${name}" is there twice`);
      if (headers.size > 0) throw malformed(`"${name}" comes behind a header`);
      pseudo.set(name, value);
    } else {
      checkName(name, value);
      const before = headers.get(name);
      headers.set(name, before === undefined ? value : joinedValue(name, before, value));
    }
  }
  const [method, scheme, path, authority, protocol] = [
    pseudo.get(":method"),
    pseudo.get(":scheme"),
    pseudo.get(":path"),
    pseudo.get(":authority"),
    pseudo.get(":protocol"),
  ];
  if (method === undefined) throw malformed("There is no :method");
  checkConnect(method, scheme, path, authority, protocol);
  const host = headers.get("host");
  if (host !== undefined && authority !== undefined && host !== authority) {
    throw malformed("Host is not what :authority says");
  }
  return {
    method,
    scheme: scheme ?? "",
    path: path ?? "",
    authority: authority ?? host ?? "",
    protocol,
    headers,
    contentLength: lengthOf(headers.get("content-length")),
  };
}

/**
 * Checks the headers behind a body. Nothing reads them.
 *
 * @param list The headers.
 * @throws {StreamFault} For headers that are malformed.
 */
export function checkTrailers(list: readonly Header[]): void {
  for (const [name, value] of list) {
    if (BAD_VALUE.test(value)) {
      throw malformed(`The trailer "${name}" has a value that none may have`);
    }
    checkName(name, value);
  }
}

function checkName(name: string, value: string): void {
  if (!NAME.test(name)) throw malformed("A header has a name that none may have");
  if (CONNECTION_HEADERS.has(name)) throw malformed(`"${name}" is a header of HTTP/1.1`);
  if (name === "te" && value !== "trailers") throw malformed('"te" may say "trailers" alone');
}

/** Sections 8.3.1 and 8.5, and RFC 8441 section 4. */
function checkConnect(
  method: string,
  scheme: string | undefined,
  path: string | undefined,
  authority: string | undefined,
  protocol: string | undefined,
): void {
  if (method === "CONNECT" && protocol === undefined) {
    if (scheme === undefined && path === undefined && authority !== undefined) return;
    throw malformed("CONNECT has :authority alone");
  }
  if (protocol !== undefined && method !== "CONNECT") {
    throw malformed(":protocol is for CONNECT alone");
  }
  if (scheme === undefined) throw malformed("There is no :scheme");
  if (path === undefined || path === "") throw malformed("There is no :path");
}

/** Cookies may come in pieces (section 8.2.3); any other header is a list (RFC 9110 section 5.2). */
function joinedValue(name: string, before: string, value: string): string {
  if (name === "content-length") throw malformed("There are two lengths");
  if (name === "host") throw malformed("There are several Host headers");
  return `${before}${name === "cookie" ? "; " : ", "}${value}`;
}

function lengthOf(announced: string | undefined): number | undefined {
  if (announced === undefined) return undefined;
  const length = Number(announced);
  if (/^\d+$/.test(announced) && Number.isSafeInteger(length)) return length;
  throw malformed("content-length is no number");
}

function malformed(message: string): StreamFault {
  return new StreamFault(CODE.protocolError, message);
}
