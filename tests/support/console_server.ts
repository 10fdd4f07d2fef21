import { openIdentity } from "../../lib/auth/mod.ts";
import { type Clock, systemClock } from "../../lib/base/clock.ts";
import { stateOf } from "../../lib/cert/ledger/event.ts";
import { openStoreLedger } from "../../lib/cert/ledger/ledger.ts";
import { measuringObservers } from "../../lib/endpoint/metrics/serve_metrics.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import { openAdministration } from "../../lib/ops/administration/administration.ts";
import { History } from "../../lib/ops/history/history.ts";
import { historyMethods } from "../../lib/ops/history/history_method.ts";
import { threadOf } from "../../lib/ops/methods/live_server.ts";
import {
  countQueueEvents,
  countTopicEvents,
  subscriptionMetrics,
} from "../../lib/ops/metrics/message_metrics.ts";
import { metricsMethods } from "../../lib/ops/metrics/metrics_method.ts";
import { EmbeddedQueues, EmbeddedTopics } from "../../lib/messages/mod.ts";
import type { LookAtServers } from "../../lib/ops/methods/servers_method.ts";
import { openLive } from "../../lib/ops/methods/live_operations.ts";
import { MetricsRegistry } from "../../lib/ops/metrics/registry.ts";
import { serverStatus, statusMethods } from "../../lib/ops/metrics/status_method.ts";
import { auditedStore } from "./audit.ts";
import { PASSWORD } from "./identity.ts";
import { facts } from "./ledgers.ts";
import { world } from "./mutual_tls.ts";

/** The clock of this machine, which a test sets ahead. */
export class AheadClock implements Clock {
  #aheadMs = 0;

  now(): number {
    return systemClock.now() + this.#aheadMs;
  }

  monotonic(): number {
    return systemClock.monotonic() + this.#aheadMs;
  }

  /** Sets it ahead. */
  advance(milliseconds: number): void {
    this.#aheadMs += milliseconds;
  }
}

/** A gateway with the methods of the console; root is an administrator, alice is not. */
export async function startConsole(methods = {}, servers?: LookAtServers) {
  const { server: tls } = await world();
  const clock = new AheadClock();
  const kept = await auditedStore({ clock });
  const { store } = kept;
  const identity = await openIdentity(store, { clock, passwords: { iterations: 4_096 } });
  await identity.accounts.add({ name: "root", password: PASSWORD, roles: ["admin"] });
  await identity.accounts.add({ name: "alice", password: PASSWORD });
  const ledger = openStoreLedger(store, { clock });
  await ledger.recordIssued({
    ...facts,
    ...{ serial: "4a0d", subject: "CN=worker-1", names: ["worker-1"], purposes: ["client"] },
    notAfterMs: clock.now() + 3 * 86_400_000,
  });
  const registry = new MetricsRegistry();
  const now = () => clock.now();
  const history = new History(registry, { now });
  const live = openLive({ identity, ledger, clock, servers });
  const certificates = () => ({ server: { notAfterMs: clock.now() + 30 * 86_400_000 } });
  const status = () =>
    serverStatus(
      { startedAtMs: clock.now() - 60_000, addresses: ["https://x"], threads: 1, certificates },
      registry.collect(),
      clock.now(),
    );
  const queues = new EmbeddedQueues(store, {
    clock,
    onEvent: countQueueEvents(registry),
    onTopicEvent: countTopicEvents(registry),
  });
  const topics = new EmbeddedTopics(queues);
  const subscriptions = subscriptionMetrics(registry, () => topics.subscriptionsByTopic);
  const server = await serve({
    listen: [],
    queues,
    methods,
    gate: identity.gate,
    tls,
    https: { listen: "https://127.0.0.1:0" },
    observer: measuringObservers(registry),
    operations: {
      ...historyMethods(history),
      ...statusMethods(status),
      ...metricsMethods(registry, now),
      ...live.methods,
      ...openAdministration({
        ...{ identity, ledger, stateOf, methods, clock },
        query: store.query.bind(store),
      }).methods,
    },
  });
  live.live.add(threadOf(server, methods));
  const looking = history.start();
  return {
    ...{ clock, identity, ledger, history, server, queues, topics },
    url: server.addresses.find((address) => address.startsWith("https:"))!,
    async [Symbol.asyncDispose]() {
      looking[Symbol.dispose]();
      await server.close(0);
      subscriptions[Symbol.dispose]();
      await topics[Symbol.asyncDispose]();
      await queues[Symbol.asyncDispose]();
      identity[Symbol.dispose]();
      await ledger[Symbol.asyncDispose]();
      await kept[Symbol.asyncDispose]();
    },
  };
}
