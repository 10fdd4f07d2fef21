/**
 * The metrics of `dari serve`: registered before the server begins, read while it serves.
 *
 * @module
 */

import { readPublicFile } from "../../base/file/files.ts";
import { limits } from "../../base/limits.ts";
import type { WriteLog } from "../../base/text/write_log.ts";
import { parseCertificates } from "../../cert/x509/certificate.ts";
import type { InstanceState } from "../../cluster/service/discovery.ts";
import type { Ledger } from "../../cert/ledger/ledger.ts";
import { openMetrics } from "../../endpoint/metrics/metrics_listening.ts";
import { measureServer, measuringObservers } from "../../endpoint/metrics/serve_metrics.ts";
import { History } from "../../ops/history/history.ts";
import { historyMethods } from "../../ops/history/history_method.ts";
import {
  certificateMetrics,
  type KnownCertificates,
} from "../../ops/metrics/certificate_metrics.ts";
import { metricsMethods } from "../../ops/metrics/metrics_method.ts";
import { MetricsSum } from "../../ops/metrics/metrics_sum.ts";
import type { EmbeddedQueues, EmbeddedTopics } from "../../messages/mod.ts";
import type { ServerState } from "../../ops/metrics/part_metrics.ts";
import { processMetrics } from "../../ops/metrics/process_metrics.ts";
import { queueMetrics, topicMetrics } from "../../ops/metrics/message_metrics.ts";
import type { MetricsRegistry } from "../../ops/metrics/registry.ts";
import { serverStatus, type StatusFacts, statusMethods } from "../../ops/metrics/status_method.ts";
import { OtlpPush } from "../../ops/otlp/otlp_push.ts";
import { otlpSettings } from "../../ops/otlp/otlp_settings.ts";
import type { Methods } from "../../rpc/method/method.ts";
import type { Observer } from "../../rpc/observer.ts";

/** What the main thread of a server knows of itself once it listens. */
export interface MeasuredServer {
  /** The server. */
  readonly server: ServerState;
  /** The pool of the main thread. */
  readonly pool: object | undefined;
  /** Where it listens. */
  readonly addresses: readonly string[];
  /** How many threads serve the ports. */
  readonly threads: number;
  /** The files of its certificate and of its authority, by what they are for. */
  readonly certificates: Readonly<Record<string, string>>;
  /** What its authority has issued. */
  readonly ledger: Pick<Ledger, "entries">;
  /** Its queues. */
  readonly queues: Pick<EmbeddedQueues, "states" | "now">;
  /** Its topics. */
  readonly topics: Pick<EmbeddedTopics, "states">;
  /** The file of its store. */
  readonly storeFile: string;
  /** Where `--metrics` listens. */
  readonly listen: string | undefined;
  /** Whether other machines may read it there, and by which names. */
  readonly insecure: boolean;
  readonly names: readonly string[];
  /** Reads the environment, which says whether metrics are sent to a collector. */
  readonly env: (name: string) => string | undefined;
  /** Hears whether that works. */
  readonly tell: WriteLog;
}

/** How a server is. */
export type MeasuredState = Pick<InstanceState, "calls" | "certificateNotAfterMs" | "connections">;

/** Metrics of a server. */
export interface ServerMetrics {
  /** Where parts register theirs. */
  readonly registry: MetricsRegistry;
  /** Those of all threads. */
  readonly sum: MetricsSum;
  /** What counts the calls and connections of the main thread. */
  readonly observers: readonly Observer[];
  /** `rpc.metrics`, `rpc.history` and `rpc.status`. */
  readonly methods: Methods;
  /** How the server is, in a few numbers. */
  state(): MeasuredState;
  /**
   * Begins to measure a server that listens.
   *
   * @param server The server.
   * @returns Ends it, and the address of `--metrics`, where it listens.
   */
  begin(server: MeasuredServer): Promise<AsyncDisposable & { readonly address?: string }>;
}

/**
 * Registers the metrics of a server.
 *
 * @param registry Where they are registered.
 * @param now The time, in milliseconds since the epoch.
 */
export function openServerMetrics(
  registry: MetricsRegistry,
  now: () => number = () => Date.now(),
): ServerMetrics {
  const sum = new MetricsSum(registry);
  const history = new History(sum, { now });
  const startedAtMs = now();
  let facts: StatusFacts = { startedAtMs, addresses: [], threads: 1, certificates: () => ({}) };
  let seen: { readonly atMs: number; readonly state: MeasuredState } | undefined;
  const status = () => serverStatus(facts, sum.collect(), now());
  return {
    registry,
    sum,
    state() {
      // A peer that may ask by NATS may ask often.
      if (seen !== undefined && now() - seen.atMs < limits.natsStateMs) return seen.state;
      const { atMs, calls: { active, total }, certificates, connections } = status();
      const state = {
        connections: Object.values(connections).reduce((sum, count) => sum + count, 0),
        calls: { active, total, perSecond: history.latest?.callsPerSecond },
        certificateNotAfterMs: certificates.server?.notAfterMs,
      };
      seen = { atMs, state };
      return state;
    },
    observers: measuringObservers(registry),
    methods: {
      ...metricsMethods(sum, now),
      ...historyMethods(history),
      ...statusMethods(status),
    },
    async begin({ server, pool, addresses, threads, certificates, ledger, ...rest }) {
      await using begun = new AsyncDisposableStack();
      processMetrics(registry, startedAtMs);
      begun.use(measureServer(registry, { server, pool }));
      let known: KnownCertificates = { own: {}, issued: [] };
      const look = async () => known = await lookAt(certificates, ledger);
      begun.use(await certificateMetrics(registry, { look, now }));
      const { queues, topics } = rest;
      const states = () => queues.states();
      begun.use(await queueMetrics(registry, { look: states, now: () => queues.now }));
      begun.use(await topicMetrics(registry, { look: () => topics.states() }));
      const { storeFile, listen, insecure, names } = rest;
      const own = () => known.own;
      facts = { startedAtMs, addresses, threads, storeFile, certificates: own };
      const opened = listen === undefined
        ? undefined
        : await openMetrics(listen, { source: sum, names, insecure });
      if (opened !== undefined) begun.defer(() => opened.close());
      const { env, tell } = rest;
      const settings = otlpSettings(env);
      if (settings !== undefined) {
        begun.use(new OtlpPush({ source: sum, settings, startedAtMs, now, tell }));
      }
      begun.use(history.start());
      const owned = begun.move();
      return {
        ...(opened === undefined ? {} : { address: opened.address }),
        [Symbol.asyncDispose]: () => owned.disposeAsync(),
      };
    },
  };
}

async function lookAt(
  certificates: MeasuredServer["certificates"],
  ledger: MeasuredServer["ledger"],
): Promise<KnownCertificates> {
  const own: Record<string, { notAfterMs: number }> = {};
  for (const [name, file] of Object.entries(certificates)) {
    const text = await readPublicFile(file).catch(() => undefined); // there need not be one
    if (text !== undefined) own[name] = { notAfterMs: parseCertificates(text)[0].notAfterMs };
  }
  const issued = (await ledger.entries())
    .filter(({ revoked, purposes }) => revoked === undefined && !purposes.includes("authority"));
  return { own, issued };
}

/**
 * The files of a server's certificate and of its authority, by what they are for.
 *
 * @param data The data directory.
 * @param own The user's own certificate, whose authority is elsewhere.
 */
export function certificatePlaces(
  data: string,
  own: { readonly certFile: string } | undefined,
): Readonly<Record<string, string>> {
  return own === undefined
    ? { server: `${data}/server.crt`, authority: `${data}/ca.crt` }
    : { server: own.certFile };
}
