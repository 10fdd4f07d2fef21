/**
 * What `serve({ metrics })` adds to a server. It is loaded only for a server that has metrics.
 *
 * @module
 */

import { CallMetrics } from "../../ops/metrics/call_metrics.ts";
import { ConnectionMetrics } from "../../ops/metrics/connection_metrics.ts";
import { metricsMethods } from "../../ops/metrics/metrics_method.ts";
import {
  type MeasuredPool,
  poolMetrics,
  serverMetrics,
  type ServerState,
} from "../../ops/metrics/part_metrics.ts";
import { processMetrics, watchEventLoop } from "../../ops/metrics/process_metrics.ts";
import { MetricsRegistry } from "../../ops/metrics/registry.ts";
import { OtlpPush, type OtlpPushOptions } from "../../ops/otlp/otlp_push.ts";
import { otlpSettings } from "../../ops/otlp/otlp_settings.ts";
import { FailureReport } from "../../rpc/failure_report.ts";
import type { Observer } from "../../rpc/observer.ts";
import type { ServerOptions } from "../../rpc/server/server_options.ts";
import { openMetrics } from "./metrics_listening.ts";

/** How the metrics of a server are kept and read. */
export interface MetricsOptions {
  /**
   * Where they are registered, beside those of the program's own.
   *
   * @default {a registry of the server's}
   */
  readonly registry?: MetricsRegistry | undefined;
  /**
   * Where `GET /metrics` is answered by plain HTTP: `localhost:9464`. Other machines may read it with
   * `insecure` alone; a gateway answers it as well, to callers that may call `rpc.metrics`.
   *
   * @default {nowhere}
   */
  readonly listen?: string | undefined;
  /**
   * Whether metrics are sent to a collector by OTLP/HTTP, where `OTEL_EXPORTER_OTLP_ENDPOINT` names
   * one. Variables that the program may not read count as not set.
   *
   * @default {false}
   */
  readonly otlp?: boolean | undefined;
  /** Hears the address of `listen`, with the real port: `http://localhost:9464/metrics`. */
  readonly onListening?: ((address: string) => void) | undefined;
}

/** The parts of a server's options that metrics look at. */
export type MeasuredOptions =
  & Pick<ServerOptions, "clock" | "observer" | "operations" | "pool">
  & {
    readonly metrics: MetricsOptions;
    readonly names?: readonly string[] | undefined;
    readonly insecure?: boolean | undefined;
    readonly tell?: OtlpPushOptions["tell"] | undefined;
  };

/** Metrics that are kept. */
export interface ServedMetrics {
  /** What the server's options become. */
  readonly options: Required<Pick<ServerOptions, "observer" | "operations">>;
  /**
   * Measures the server, and listens where the metrics are to be read.
   *
   * @param server The server.
   * @param owned Takes what has to be closed with it.
   */
  begin(server: ServerState, owned: AsyncDisposableStack): Promise<void>;
}

/**
 * Registers the metrics of a server.
 *
 * @param given Its options.
 */
export function serveMetrics(given: MeasuredOptions): ServedMetrics {
  const { metrics, pool, clock, insecure, names } = given;
  const { registry = new MetricsRegistry(), listen, onListening } = metrics;
  const now = () => clock?.now() ?? Date.now();
  const observer = [...measuringObservers(registry), ...observersOf(given)];
  return {
    options: {
      observer,
      operations: { ...metricsMethods(registry, now), ...given.operations },
    },
    async begin(server, owned) {
      owned.use(measureServer(registry, { server, pool }));
      processMetrics(registry, now());
      const settings = metrics.otlp ? otlpSettings(readEnvironment) : undefined;
      if (settings !== undefined) {
        const { tell = warn } = given;
        owned.use(new OtlpPush({ source: registry, settings, startedAtMs: now(), now, tell }));
      }
      if (listen === undefined) return;
      const opened = await openMetrics(listen, { source: registry, names, insecure });
      owned.defer(() => opened.close());
      onListening?.(opened.address);
    },
  };
}

/**
 * Makes the observers that count calls, connections and sign-ins.
 *
 * @param registry Where they are registered.
 */
export function measuringObservers(registry: MetricsRegistry): Observer[] {
  return [new CallMetrics(registry), new ConnectionMetrics(registry)];
}

/**
 * Registers what the server of one thread does now.
 *
 * @param registry Where it is registered.
 * @param parts The server and its pool.
 * @returns Ends it.
 */
export function measureServer(
  registry: MetricsRegistry,
  { server, pool }: { readonly server: ServerState; readonly pool?: object | undefined },
): Disposable {
  const all = new DisposableStack();
  all.use(watchEventLoop(registry));
  all.use(serverMetrics(registry, server));
  if (pool !== undefined && hasState(pool)) all.use(poolMetrics(registry, pool));
  return all;
}

/** Asked first: where a terminal is there, Deno would ask the user. */
function readEnvironment(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}

function warn(line: string): void {
  console.error(line);
}

/** A program may have a pool of its own making. */
function hasState(pool: object): pool is MeasuredPool {
  return "state" in pool;
}

/** A server with no observers of its own reports what handlers throw. */
function observersOf({ observer, clock }: MeasuredOptions): readonly Observer[] {
  if (observer === undefined) {
    return [new FailureReport(() => clock?.monotonic() ?? performance.now())];
  }
  return Array.isArray(observer) ? observer : [observer as Observer];
}
