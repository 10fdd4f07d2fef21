/**
 * Ways for lines to travel: memory, Unix sockets, TCP and TLS.
 *
 * @module
 */

export * from "./address.ts";
export * from "./connection.ts";
export * from "./scheme/dial.ts";
export * from "./scheme/listen.ts";
export * from "./memory.ts";
export * from "./stream_connection.ts";
export * from "./tcp.ts";
export * from "./tls/tls.ts";
export * from "./tls/tls_listen.ts";
export * from "./unix.ts";
