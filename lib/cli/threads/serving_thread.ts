/**
 * The program of a thread that serves the ports of `dari serve --threads`, beside others that do the
 * same. A compiled program has to include this file.
 *
 * @module
 */

import { openIdentity } from "../../auth/sign_in/identity.ts";
import { limits } from "../../base/limits.ts";
import { connect } from "../../endpoint/connect.ts";
import { serveTogether } from "../../endpoint/serve.ts";
import { ToldCertificates } from "../../endpoint/threads/certificates.ts";
import { measureServer, measuringObservers } from "../../endpoint/metrics/serve_metrics.ts";
import { clockLike, openBounds } from "../../endpoint/threads/shared_bounds.ts";
import { failureOf } from "../../ipc/pool/wire/failure.ts";
import { holdLifeline } from "../../ipc/wait/lifeline.ts";
import type { LineWriter } from "../../ops/line_queue.ts";
import { tapCalls } from "../../ops/tap/tap_calls.ts";
import { listConnections } from "../../ops/live/connections.ts";
import { MetricsRegistry } from "../../ops/metrics/registry.ts";
import { openLog } from "../../ops/open_log.ts";
import { logServer } from "../../ops/server_log.ts";
import type { Observer } from "../../rpc/observer.ts";
import type { Connection } from "../../transport/connection.ts";
import { checkMethods, methodsOf, poolOf } from "../serving/served_methods.ts";
import { auditServer } from "../../endpoint/audit/audited_server.ts";
import { openServerStore } from "../serving/server_store.ts";
import { certificateIssuer } from "../workspace/certificate_issuer.ts";
import { certificateRenewer } from "../workspace/certificate_renewer.ts";
import { openTracing } from "../tracing/tracing.ts";
import type { Order, Report, StartOrder } from "./messages.ts";
import { RelayEnd } from "./relay/relay_end.ts";
import { relayedMethods } from "./relay/relayed_methods.ts";
import { TappedThread } from "./tapped_thread.ts";

/** The part of a worker's global scope used here. */
interface Scope {
  postMessage(message: Report): void;
  onmessage: ((event: MessageEvent<Order>) => void) | null;
}

const scope = globalThis as unknown as Scope;
/** Resolves with how long running calls may take once the thread is told to stop. */
const stop = Promise.withResolvers<number | undefined>();
/** Carries out orders that change what is served; set once the thread serves. */
let change: ((order: Order) => void) | undefined;
/** Reaches the main thread's methods for operations; set before the thread serves. */
let relay: RelayEnd | undefined;
/** Orders that came while the thread was starting. */
const early: Order[] = [];
/** Resolves the write of the log lines that are on their way. */
let logged = () => {};

scope.onmessage = ({ data }) => {
  if (data.type === "start") void run(data);
  else if (data.type === "stop") stop.resolve(data.drainTimeoutMs);
  else if (data.type === "logged") logged();
  else if (data.type === "relay") relay?.take(data.piece);
  else if (change !== undefined) change(data);
  else early.push(data);
};

// What nobody catches ends a program; here it ends the thread, and the log has it with its stack.
addEventListener("error", (event) => {
  event.preventDefault();
  fail(event.error);
});
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  fail(event.reason);
});

async function run(order: StartOrder): Promise<void> {
  try {
    await serveUntilStopped(order);
  } catch (error) {
    return fail(error);
  }
  scope.postMessage({ type: "stopped" });
}

function fail(error: unknown): void {
  scope.postMessage({ type: "failed", failure: failureOf(error) });
}

async function serveUntilStopped(order: StartOrder): Promise<void> {
  const { module, thread, lifeline } = order;
  const { data, passphrase } = order.serve;
  const clock = clockLike(order.monotonicMs);
  const bounds = openBounds(order.bounds, thread, clock);
  await using log = openLog(mainLog, order.log);
  const tell = (line: string, level: "info" | "warn") => log.write(level, line, { thread });
  const { methods } = await methodsOf(module);
  const metrics = new MetricsRegistry();
  await using kept = await openServerStore(data, { registry: metrics, tell, thread, clock });
  const { store, audit, queues, ledger, isCertificateRevoked } = kept;
  using identity = await openIdentity(store, {
    clock,
    policy: order.policy,
    ...bounds.identity,
    issueCertificate: certificateIssuer(data, ledger, passphrase),
    renewer: certificateRenewer(data, ledger, passphrase),
    isCertificateRevoked,
  });
  const certificates = new ToldCertificates(order.certificates, tell);
  const isAccount = (name: string) => identity.accounts.get(name).then(() => true);
  const audited = auditServer({ log, identity, audit });
  await using pool = await poolOf(module, methods, order.workers);
  checkMethods(methods, order.serve.public ?? [], pool);
  await using main = await connect({ connect: connectToMain }, { lazy: true });
  const server = await serveTogether({
    ...order.serve,
    operations: relayedMethods(order.operations, main),
    ...await openTracing(order.traceShare, pool),
    clock,
    gate: audited.gate,
    idempotency: { store, shared: true },
    listen: order.listen,
    reusePort: true,
    methods,
    queues,
    ledger,
    observer: [
      ...measuringObservers(metrics),
      logServer(log, isAccount, order.log.level),
      ...audited.observers,
      stopReport,
    ],
    onRefused: audited.onRefused,
    // What goes well goes well in all threads, and one of them tells.
    log: (line, level) => level === "warn" || thread === 1 ? tell(line, level) : undefined,
  }, {
    connections: bounds.connections,
    replyBytes: bounds.replyBytes,
    httpsAt: order.httpsAt,
    thread,
    isTried: order.isTried,
    threads: order.bounds.threads - 1,
    credentials: (clientCaFile) => certificates.of(clientCaFile),
  });
  using _measuring = measureServer(metrics, { server, pool });
  const taps = new TappedThread({
    listen: (request, queue) => tapCalls(server, methods, request, (call) => queue.push(call)),
    send: (tap, batch) => scope.postMessage({ type: "tapped", tap, batch }),
  });
  change = (order) => {
    if (order.type === "policy") identity.setPolicy(order.policy);
    else if (order.type === "certificate") certificates.take(order.fresh);
    else if (order.type === "connections") {
      const list = listConnections(server.openConnections, order.owner);
      scope.postMessage({ type: "connections", question: order.question, list });
    } else if (order.type === "tap") taps.begin(order.tap, order.request);
    else if (order.type === "tapTaken") taps.taken(order.tap);
    else if (order.type === "endTap") taps.end(order.tap);
  };
  early.splice(0).forEach(change);
  const report = () =>
    scope.postMessage({ type: "report", running: server.running, metrics: metrics.collect() });
  const timer = setInterval(report, limits.threadReportMs);
  holdLifeline(lifeline, undefined, () => scope.postMessage({ type: "ready" }));
  let drainTimeoutMs: number | undefined;
  try {
    drainTimeoutMs = await Promise.race([stop.promise, kept.lost]);
  } finally {
    await server.close(drainTimeoutMs);
  }
  clearInterval(timer);
  report();
  await identity.flush();
}

/** One that broke is made again by the next call. */
function connectToMain(): Promise<Connection> {
  relay = new RelayEnd((piece) => scope.postMessage({ type: "relay", piece }));
  return Promise.resolve(relay.connection);
}

/** Lines wait until the main thread has them: those that come faster than that are dropped here. */
const mainLog: LineWriter = {
  write(bytes) {
    const { promise, resolve } = Promise.withResolvers<number>();
    logged = () => resolve(bytes.length);
    scope.postMessage({ type: "log", lines: new TextDecoder().decode(bytes).trimEnd() });
    return promise;
  },
};

/** The main thread adds up how the threads stop, and logs it once. */
const stopReport: Observer = {
  serverStopping: (stop) => scope.postMessage({ type: "stopping", stop }),
  serverStopped: (stopped) => scope.postMessage({ type: "drained", stopped }),
};
