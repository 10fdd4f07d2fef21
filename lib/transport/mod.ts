/**
 * Ways for lines to travel: memory, Unix sockets, TCP and TLS.
 *
 * @module
 */

export * from "./address.ts";
export * from "./connection.ts";
export * from "./connect.ts";
export * from "./listen.ts";
export * from "./memory.ts";
export * from "./stream_connection.ts";
export * from "./tcp.ts";
export * from "./tls.ts";
export * from "./tls_listen.ts";
export * from "./unix.ts";
