/**
 * `rpc.status`: one look at a server, for `dari status`.
 *
 * @module
 */

import { VERSION } from "../../base/version.ts";
import type { Methods } from "../../rpc/method/method.ts";
import { CALL_DURATION } from "./call_metrics.ts";
import type { MetricFamily, MetricSeries } from "./family.ts";
import { SHARING_CONNECTIONS } from "./part_metrics.ts";

/** The name of the method. */
export const STATUS_METHOD = "rpc.status";

/** What a server knows of itself beside its metrics. */
export interface StatusFacts {
  /** When it began, in milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** Where it listens. */
  readonly addresses: readonly string[];
  /** How many threads serve its ports. */
  readonly threads: number;
  /** The file of its store, where it has one. */
  readonly storeFile?: string | undefined;
  /** Its certificates, by what they are for. */
  readonly certificates: () => Readonly<Record<string, { readonly notAfterMs: number }>>;
}

/** What `rpc.status` answers. */
export interface ServerStatus {
  /** The version of dari. */
  readonly version: string;
  /** When it was read, and when the server began, in milliseconds since the epoch. */
  readonly atMs: number;
  readonly startedAtMs: number;
  /** Where it listens. */
  readonly addresses: readonly string[];
  /** How many threads serve its ports. */
  readonly threads: number;
  /** Connections that are open, by transport. */
  readonly connections: Readonly<Record<string, number>>;
  /** How many of them have moved into shared memory; `rpc.connections` says which. */
  readonly sharingMemory: number;
  /** Calls since it began: all, those that failed, and those that run now. */
  readonly calls: { readonly total: number; readonly failed: number; readonly active: number };
  /** When its certificates end, in milliseconds since the epoch, by what they are for. */
  readonly certificates: Readonly<Record<string, { readonly notAfterMs: number }>>;
  /** The store: its size with its log, and how many reads and writes there were. */
  readonly store: { readonly bytes: number; readonly operations: number };
  /** Memory in use, in bytes. */
  readonly residentBytes: number;
}

/**
 * Makes the method.
 *
 * @param read Looks at the server.
 */
export function statusMethods(read: () => ServerStatus): Methods {
  return {
    [STATUS_METHOD]: { summary: "One look at the server", idempotent: true, handler: () => read() },
  };
}

/**
 * Puts a status together.
 *
 * @param facts What the server knows of itself.
 * @param metrics What it has counted.
 * @param atMs The time, in milliseconds since the epoch.
 */
export function serverStatus(
  { startedAtMs, addresses, threads, storeFile, certificates }: StatusFacts,
  metrics: readonly MetricFamily[],
  atMs: number,
): ServerStatus {
  const of = (name: string) => metrics.find((family) => family.name === name)?.series ?? [];
  const calls = of(CALL_DURATION);
  return {
    version: VERSION,
    ...{ atMs, startedAtMs, addresses, threads },
    connections: Object.fromEntries(
      of("dari.server.connections").map(({ labels, value }) => [labels.transport ?? "", value]),
    ),
    sharingMemory: sum(of(SHARING_CONNECTIONS)),
    calls: {
      total: sum(calls),
      failed: sum(calls.filter(({ labels }) => labels["error.type"] !== undefined)),
      active: sum(of("dari.server.calls.active")),
    },
    certificates: certificates(),
    store: {
      bytes: storeFile === undefined ? 0 : sizeOf(storeFile) + sizeOf(`${storeFile}-wal`),
      operations: sum(of("dari.store.duration")),
    },
    residentBytes: sum(of("process.resident_memory")),
  };
}

function sum(series: readonly MetricSeries[]): number {
  return series.reduce((sum, { value }) => sum + value, 0);
}

function sizeOf(file: string): number {
  try {
    return Deno.statSync(file).size;
  } catch {
    return 0; // there is no log between two writes
  }
}
