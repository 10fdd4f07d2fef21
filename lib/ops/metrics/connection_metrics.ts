/**
 * How many connections there are, and how signing in goes.
 *
 * @module
 */

import type { ConnectionRecord, Observer, SignInRecord, Traffic } from "../../rpc/observer.ts";
import type { Counter, Gauge, Histogram, Labelled } from "./family.ts";
import type { MetricsRegistry } from "./registry.ts";

/** The buckets of waits inside a server, in seconds. */
const WAIT_BUCKETS: readonly number[] = [
  .001,
  .0025,
  .005,
  .01,
  .025,
  .05,
  .1,
  .25,
  .5,
  1,
  5,
];

/** Counts connections, sign-ins and what waits: an observer to pass to a server. */
export class ConnectionMetrics implements Observer {
  readonly #open: Labelled<Gauge>;
  readonly #opened: Labelled<Counter>;
  readonly #refused: Labelled<Counter>;
  readonly #cut: Labelled<Counter>;
  readonly #signIns: Labelled<Counter>;
  readonly #locked: Counter;
  /** What connections that are open have carried, by their records. */
  readonly #traffic = new Map<Pick<ConnectionRecord, "peer">, Traffic>();
  /** What those have carried that ended: in and out, by transport. */
  readonly #carried = new Map<string, readonly [received: number, sent: number]>();
  readonly #queueDelay: Histogram;

  /** @param registry Where they are registered. */
  constructor(registry: MetricsRegistry) {
    const labels = ["transport"];
    this.#open = registry.gauge({
      name: "dari.server.connections",
      help: "Connections that are open.",
      labels,
    });
    this.#opened = registry.counter({
      name: "dari.server.connections.opened",
      help: "Connections that began.",
      labels,
    });
    this.#refused = registry.counter({
      name: "dari.server.connections.refused",
      help: "Connections that were refused before they began.",
      labels,
    });
    this.#cut = registry.counter({
      name: "dari.server.connections.cut",
      help: "Connections that did not end in order.",
      labels,
    });
    registry.observe("counter", {
      name: "dari.server.io",
      help: "Bytes that connections have received (in) and sent (out), without those of TLS.",
      unit: "By",
      labels: ["transport", "direction"],
    }, () => this.#bytes());
    this.#signIns = registry.counter({
      name: "dari.server.sign_ins",
      help: "Requests to sign in, by method and by the error of those that failed.",
      labels: ["rpc.method", "error.type"],
    });
    this.#locked = registry.counter({
      name: "dari.server.sign_ins.locked",
      help: "Sign-ins that were refused because their account is locked.",
    }).of();
    this.#queueDelay = registry.histogram({
      name: "dari.server.queue.delay",
      help:
        "How long requests waited that could not begin at once; those that came together count once.",
      unit: "s",
      bounds: WAIT_BUCKETS,
    }).of();
  }

  /** Counts a connection that began. */
  connectionOpened(connection: Pick<ConnectionRecord, "peer">, traffic: Traffic = {}): void {
    const { transport } = connection.peer;
    this.#open.of(transport).add(1);
    this.#opened.of(transport).add(1);
    if (traffic.sentBytes !== undefined) this.#traffic.set(connection, traffic);
  }

  /** Counts a connection that ended. */
  connectionClosed(connection: Pick<ConnectionRecord, "peer">, reason?: string): void {
    const { transport } = connection.peer;
    const traffic = this.#traffic.get(connection);
    if (traffic !== undefined) addTraffic(this.#carried, transport, traffic);
    this.#traffic.delete(connection);
    this.#open.of(transport).add(-1);
    if (reason !== undefined) this.#cut.of(transport).add(1);
  }

  /** Counts a connection that was refused. */
  connectionRefused({ peer: { transport } }: Pick<ConnectionRecord, "peer">): void {
    this.#refused.of(transport).add(1);
  }

  /** Counts a sign-in. */
  signInSucceeded({ method }: Pick<SignInRecord, "method">): void {
    this.#signIns.of(method, "").add(1);
  }

  /** Counts a sign-in that failed. */
  signInFailed(
    { method, errorCode = "internal" }: Pick<SignInRecord, "method" | "errorCode">,
  ): void {
    this.#signIns.of(method, errorCode).add(1);
  }

  /** Counts a sign-in that was refused because its account is locked. */
  accountLocked(): void {
    this.#locked.add(1);
  }

  /** Records how long requests have waited. */
  requestsWaited(waitedMs: number): void {
    this.#queueDelay.record(waitedMs / 1_000);
  }

  #bytes(): [labels: string[], bytes: number][] {
    const sums = new Map(this.#carried);
    for (const [{ peer }, traffic] of this.#traffic) addTraffic(sums, peer.transport, traffic);
    return [...sums].flatMap(([transport, [received, sent]]) => [
      [[transport, "in"], received],
      [[transport, "out"], sent],
    ]);
  }
}

function addTraffic(
  sums: Map<string, readonly [received: number, sent: number]>,
  transport: string,
  { receivedBytes = 0, sentBytes = 0 }: Traffic,
): void {
  const [received, sent] = sums.get(transport) ?? [0, 0];
  sums.set(transport, [received + receivedBytes, sent + sentBytes]);
}
