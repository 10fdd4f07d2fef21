/**
 * What `dari serve` has for those who run the server: its log, what it counts, and the methods by
 * which administrators see and change what it does.
 *
 * @module
 */

import { CallMetrics } from "../../ops/metrics.ts";
import type { LogSettings, OpenLog } from "../../ops/open_log.ts";
import { logServer, type ServerLog } from "../../ops/server_log.ts";
import type { Methods } from "../../rpc/method/method.ts";
import type { Observer } from "../../rpc/observer.ts";
import {
  type LiveOperations,
  type LiveParts,
  openLive,
} from "../../ops/methods/live_operations.ts";

/** What {@linkcode openOperations} works with. */
export interface OperationsParts extends LiveParts {
  /** The log. */
  readonly log: OpenLog;
  /** How it is written. */
  readonly settings: LogSettings;
}

/** What those who run a server have of it. */
export interface Operations extends Pick<LiveOperations, "live"> {
  /** Logs what it hears. */
  readonly serverLog: ServerLog;
  /** Counts calls. */
  readonly metrics: CallMetrics;
  /** All that hears of this thread's calls and connections. */
  readonly observers: readonly Observer[];
  /** The methods for administrators. */
  readonly methods: Methods;
}

/**
 * Makes them.
 *
 * @param parts What they work with.
 */
export function openOperations(parts: OperationsParts): Operations {
  const { log, settings, identity } = parts;
  const isAccount = (name: string) => identity.accounts.get(name).then(() => true);
  const serverLog = logServer(log, isAccount, settings.level);
  const metrics = new CallMetrics();
  const { live, observers, methods } = openLive(parts);
  return { serverLog, metrics, live, observers: [metrics, serverLog, ...observers], methods };
}
