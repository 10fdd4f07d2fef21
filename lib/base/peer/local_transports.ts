/**
 * Connections whose other end needs no credential.
 *
 * @module
 */

/**
 * Transports between threads and processes of one owner: the other end is this process or its child,
 * or opened a socket that only the owner may open.
 */
export const LOCAL_TRANSPORTS = ["unix", "memory", "pipe", "worker"] as const;
