/**
 * What `dari serve` has for those who run the server: its log, what it counts, and the methods by
 * which administrators see and change what it does.
 *
 * @module
 */

import { stateOf } from "../../cert/ledger/event.ts";
import { openAdministration } from "../../ops/administration/administration.ts";
import type { ReadTables } from "../../ops/administration/audit_search.ts";
import type { AuditLog } from "../../ops/audit/audit_log.ts";
import {
  type LiveOperations,
  type LiveParts,
  openLive,
} from "../../ops/methods/live_operations.ts";
import type { MetricsRegistry } from "../../ops/metrics/registry.ts";
import type { LogSettings, OpenLog } from "../../ops/open_log.ts";
import { logServer, type ServerLog } from "../../ops/server_log.ts";
import type { Methods } from "../../rpc/method/method.ts";
import type { Observer } from "../../rpc/observer.ts";
import { type AuditedServer, auditServer } from "../../endpoint/audit/audited_server.ts";
import { openServerMetrics, type ServerMetrics } from "./measured_server.ts";

/** What {@linkcode openOperations} works with. */
export interface OperationsParts extends LiveParts {
  /** The log. */
  readonly log: OpenLog;
  /** How it is written. */
  readonly settings: LogSettings;
  /** Where every part registers its metrics. */
  readonly registry: MetricsRegistry;
  /** The audit. */
  readonly audit: AuditLog;
  /** Reads the tables of the store, of which some are the audit. */
  readonly query: ReadTables;
  /** The program's own methods, of which some are declared administrative. */
  readonly served: Methods;
}

/** One part: what hears of this thread's calls, and its methods for administrators. */
export interface OperationsPart {
  /** Hears of this thread's calls and connections. */
  readonly observers: readonly Observer[];
  /** Answer for the whole server; threads that serve ports pass calls of them on. */
  readonly methods: Methods;
}

/** What those who run a server have of it. */
export interface Operations
  extends OperationsPart, Pick<LiveOperations, "live">, Omit<AuditedServer, "observers"> {
  /** Logs what it hears. */
  readonly serverLog: ServerLog;
  /** Counts. */
  readonly metrics: ServerMetrics;
}

/**
 * Makes them.
 *
 * @param given What they work with.
 */
export function openOperations(given: OperationsParts): Operations {
  const { log, settings, identity, registry } = given;
  const isAccount = (name: string) => identity.accounts.get(name).then(() => true);
  const serverLog = logServer(log, isAccount, settings.level);
  const metrics = openServerMetrics(registry);
  const live = openLive(given);
  const audited = auditServer(given);
  const parts: readonly OperationsPart[] = [
    metrics,
    { observers: [serverLog], methods: {} },
    { observers: audited.observers, methods: {} },
    live,
    openAdministration({ ...given, stateOf, methods: given.served }),
  ];
  return {
    ...audited,
    serverLog,
    metrics,
    live: live.live,
    observers: parts.flatMap(({ observers }) => observers),
    methods: Object.assign({}, ...parts.map(({ methods }) => methods)),
  };
}
