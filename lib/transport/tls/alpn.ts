/**
 * How TLS names the protocol.
 *
 * @module
 */

/** The name of the protocol dari/1 in TLS's application layer protocol negotiation (RFC 7301). */
export const ALPN = "dari/1";
