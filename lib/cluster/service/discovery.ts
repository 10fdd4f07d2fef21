/**
 * What a server says of itself in the micro-service protocol of NATS.
 *
 * @see https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-32.md
 * @module
 */

import { VERSION } from "../../base/version.ts";
import type { Bus } from "../bus/bus.ts";
import { discoverySubjects, openSubject, QUEUE, type Verb } from "../subjects.ts";

const NANOSECONDS_PER_MS = 1e6;
const encoder = new TextEncoder();

/** What is counted of introductions. */
export class ServiceStats {
  #requests = 0;
  #errors = 0;
  #lastError = "";
  #processingMs = 0;

  /**
   * Counts an introduction.
   *
   * @param tookMs How long it took.
   * @param error Why it was refused, where it was.
   */
  count(tookMs: number, error?: string): void {
    this.#requests++;
    this.#processingMs += tookMs;
    if (error === undefined) return;
    this.#errors++;
    this.#lastError = error;
  }

  /** The members of ADR-32; times are in nanoseconds. */
  toJSON(): Record<string, unknown> {
    const processing = Math.round(this.#processingMs * NANOSECONDS_PER_MS);
    return {
      num_requests: this.#requests,
      num_errors: this.#errors,
      last_error: this.#lastError,
      processing_time: processing,
      average_processing_time: this.#requests === 0 ? 0 : Math.round(processing / this.#requests),
    };
  }
}

/** A server of a service. */
export interface ServiceInstance {
  /** The service's name. */
  readonly service: string;
  /** The server's id. */
  readonly instance: string;
  /** What it serves, for people. */
  readonly description: string;
  /** When it began to, in milliseconds since the epoch. */
  readonly startedMs: number;
  /** What is counted. */
  readonly stats: ServiceStats;
  /** How the server is at the moment, for its statistics. */
  readonly state?: (() => InstanceState) | undefined;
}

/** How a server is. */
export interface InstanceState {
  /** What people call it, for instance its host name. */
  readonly server?: string | undefined;
  /** Whether it takes calls, as `rpc.health` says it. */
  readonly health: string;
  /** Connections that are open. */
  readonly connections: number;
  /** Calls that run now, since it began, and a second; absent where they are not counted. */
  readonly calls?: {
    readonly active: number;
    readonly total: number;
    readonly perSecond?: number | undefined;
  } | undefined;
  /** How old what it knows of shared state may be, in milliseconds; absent where it shares none. */
  readonly storeStalenessMs?: number | undefined;
  /** The same of queues, jobs and topics. */
  readonly messagesStalenessMs?: number | undefined;
  /** When its certificate ends, in milliseconds since the epoch. */
  readonly certificateNotAfterMs?: number | undefined;
}

/**
 * Answers who is there.
 *
 * @param bus Where the questions come from.
 * @param told The server.
 * @returns Ends that when disposed.
 */
export function answerDiscovery(bus: Bus, told: ServiceInstance): Disposable {
  const subscriptions = new DisposableStack();
  const verbs: readonly Verb[] = ["PING", "INFO", "STATS"];
  for (const verb of verbs) {
    for (const subject of discoverySubjects(verb, told.service, told.instance)) {
      subscriptions.use(bus.subscribe(subject, ({ reply, isNobody }) => {
        if (reply === "" || isNobody) return;
        bus.publish(reply, encoder.encode(JSON.stringify(answerTo(verb, told))));
      }));
    }
  }
  return subscriptions;
}

function answerTo(verb: Verb, told: ServiceInstance): Record<string, unknown> {
  const { service, instance, description, startedMs, stats, state } = told;
  const who = { name: service, id: instance, version: VERSION, metadata: { protocol: "dari/1" } };
  const endpoint = { name: "open", subject: openSubject(service), queue_group: QUEUE };
  const type = `io.nats.micro.v1.${verb.toLowerCase()}_response`;
  if (verb === "PING") return { ...who, type };
  if (verb === "INFO") {
    return { ...who, type, description, endpoints: [{ ...endpoint, metadata: {} }] };
  }
  const started = new Date(startedMs).toISOString();
  const data = state === undefined ? {} : { data: state() };
  return { ...who, type, started, endpoints: [{ ...endpoint, ...stats.toJSON(), ...data }] };
}
