/**
 * What a message of HTTP/2 may not have.
 *
 * @module
 */

/**
 * Headers of a connection of HTTP/1.1, by their names in lower case (RFC 9113 section 8.2.2). Proxies may
 * read them as theirs.
 */
export const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);
