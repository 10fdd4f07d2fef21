/**
 * Asking all servers of a service how they are.
 *
 * @see https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-32.md
 * @module
 */

import { after } from "../../base/abort.ts";
import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Bus, BusMessage } from "../bus/bus.ts";
import { statsSubject } from "../subjects.ts";

/** A server that has answered. */
export interface SeenServer {
  /** Its id. */
  readonly instance: string;
  /** The version of dari, or of what else offers the service. */
  readonly version: string;
  /** When it began, in milliseconds since the epoch. */
  readonly startedMs?: number | undefined;
  /** What people call it. */
  readonly server?: string | undefined;
  /** Whether it takes calls, as `rpc.health` says it. */
  readonly health?: string | undefined;
  /** Connections that are open. */
  readonly connections?: number | undefined;
  /** Calls that run now, since it began, and a second. */
  readonly calls?: {
    readonly active: number | undefined;
    readonly total: number | undefined;
    readonly perSecond: number | undefined;
  };
  /**
   * How old what it knows of shared state may be, in milliseconds; infinite where it does not know, and
   * absent where it shares none.
   */
  readonly storeStalenessMs?: number | undefined;
  /** The same of queues, jobs and topics. */
  readonly messagesStalenessMs?: number | undefined;
  /** When its certificate ends, in milliseconds since the epoch. */
  readonly certificateNotAfterMs?: number | undefined;
}

/** Words that may stand in a table. */
const WORD = /^[\w.:@+-]{1,253}$/;

/**
 * Asks. What servers say is not proved: all who may offer the service, and the NATS server, may say
 * anything here.
 *
 * @param bus The way to NATS.
 * @param service The service's name.
 * @param waitMs How long servers have to answer, in milliseconds.
 * @returns Those that have answered by then, at most as many as a client uses, sorted by their names.
 * @throws {TransportError} `unavailable` when the NATS server does not let this program ask.
 */
export async function surveyService(
  bus: Bus,
  service: string,
  waitMs: number = limits.natsDiscoverMs,
): Promise<SeenServer[]> {
  const seen = new Map<string, SeenServer>();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const question = statsSubject(service);
  const inbox = `${bus.inbox}.survey`;
  const refuse = (reason: string) => reject(forbidden(question, reason));
  using _answers = bus.subscribe(inbox, (message) => {
    if (message.isNobody) return resolve();
    const server = readAnswer(message, service);
    if (server !== undefined && seen.size < limits.maxServers) seen.set(server.instance, server);
  }, { onRefused: refuse });
  using _denied = bus.onDenied((subject) => {
    if (subject === question) refuse("it may not publish there");
  });
  using _lost = bus.onLost((reason) => {
    reject(new TransportError("unavailable", `Cannot reach NATS: ${reason}`));
  });
  const stop = after(waitMs, resolve);
  try {
    bus.publish(question, new Uint8Array(), inbox);
    await promise;
  } finally {
    stop();
  }
  const key = ({ server = "", instance }: SeenServer) => `${server} ${instance}`;
  return [...seen.values()].toSorted((a, b) => key(a) < key(b) ? -1 : 1);
}

function readAnswer({ data }: BusMessage, service: string): SeenServer | undefined {
  if (data.length > limits.maxNatsStatsBytes) return undefined;
  try {
    const answer = JSON.parse(new TextDecoder().decode(data)) as Record<string, unknown>;
    const { name, id, version, started, endpoints } = answer;
    const instance = wordOf(id);
    if (name !== service || instance === undefined) return undefined;
    const startedMs = typeof started === "string" ? Date.parse(started) : NaN;
    const [endpoint] = Array.isArray(endpoints) ? endpoints : [];
    return {
      ...{ instance, version: wordOf(version) ?? "?" },
      ...(Number.isFinite(startedMs) ? { startedMs } : {}),
      ...stateOf(endpoint?.data),
    };
  } catch {
    return undefined; // somebody else answers there
  }
}

function stateOf(data: unknown): Partial<SeenServer> {
  const { server, health, connections, calls, ...rest } = membersOf(data);
  const { active, total, perSecond } = membersOf(calls);
  return {
    server: wordOf(server),
    health: wordOf(health),
    connections: countOf(connections),
    calls: { active: countOf(active), total: countOf(total), perSecond: countOf(perSecond) },
    storeStalenessMs: ageOf(rest.storeStalenessMs),
    messagesStalenessMs: ageOf(rest.messagesStalenessMs),
    certificateNotAfterMs: countOf(rest.certificateNotAfterMs),
  };
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

function wordOf(value: unknown): string | undefined {
  return typeof value === "string" && WORD.test(value) ? value : undefined;
}

function countOf(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER
    ? value
    : undefined;
}

/** JSON writes an infinite age as null. */
function ageOf(value: unknown): number | undefined {
  return value === null ? Infinity : countOf(value);
}

function forbidden(subject: string, reason: string): TransportError {
  const message =
    `The NATS server does not let this program ask on "${subject}" (${reason}): its ` +
    "configuration lets servers ask (dari nats config writes one)";
  return new TransportError("unavailable", message, { retryable: false });
}
