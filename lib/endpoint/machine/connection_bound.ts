/**
 * How many connections a server may have without running out of descriptors.
 *
 * @module
 */

import { descriptorLimit } from "../../base/file/descriptor_limit.ts";
import { limits } from "../../base/limits.ts";
import type { WriteLog } from "../../base/text/write_log.ts";

/** What {@linkcode boundConnections} works with. */
export interface ConnectionBoundOptions {
  /** The most connections that the user wants. */
  readonly maxConnections?: number | undefined;
  /** The most files that the process may have open, where the program knows it. */
  readonly maxOpenFiles?: number | undefined;
  /** Threads that serve beside the main one; each has files of its own. @default {0} */
  readonly threads?: number | undefined;
  /** Hears when fewer connections are possible than wanted. */
  readonly tell: WriteLog;
}

/** How many connections a server may have. */
export interface ConnectionBound {
  /** The most that are open at once. */
  readonly maxConnections: number;
  /**
   * The most that may wait to be accepted: node:tls accepts all of them at once, and closes those
   * that are too many later.
   */
  readonly backlog: number;
}

/**
 * Lowers the number of connections to what the limit of open files leaves beside the files of the
 * process itself.
 *
 * @param options What is wanted and known.
 */
export function boundConnections(options: ConnectionBoundOptions): ConnectionBound {
  const { maxConnections: wanted = limits.maxConnections, threads = 0, tell } = options;
  const maxOpenFiles = options.maxOpenFiles ?? descriptorLimit();
  // Only with --allow-ffi can the system be asked.
  if (maxOpenFiles === undefined) {
    return { maxConnections: wanted, backlog: limits.listenBacklog };
  }
  const needed = limits.reservedDescriptors + threads * limits.threadDescriptors;
  const reserved = Math.min(needed, Math.floor(maxOpenFiles / 2));
  const possible = Math.max(1, maxOpenFiles - reserved);
  const maxConnections = Math.min(wanted, possible);
  const spare = Math.floor((maxOpenFiles - maxConnections) / 2);
  const bound = { maxConnections, backlog: Math.min(limits.listenBacklog, Math.max(1, spare)) };
  if (wanted <= possible) return bound;
  tell(
    `Only ${possible} connections are taken instead of ${wanted}: this process may have ` +
      `${maxOpenFiles} files open; raise the limit (ulimit -n) for more`,
    options.maxConnections === undefined ? "info" : "warn",
  );
  return bound;
}
