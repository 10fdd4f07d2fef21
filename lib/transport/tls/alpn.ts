/**
 * How TLS names the protocol.
 *
 * @module
 */

/** The name of the protocol dari/1 in TLS's application layer protocol negotiation (RFC 7301). */
export const ALPN = "dari/1";

/** The name of HTTP/1.1 in it (RFC 7301 section 6). */
export const HTTP_ALPN = "http/1.1";

/**
 * The name of dari/1 over records whose keys are handed over inside TLS: those who agree on it leave TLS
 * behind once it has said who they are.
 */
export const RECORDS_ALPN = "dari/1-records";
