/**
 * The main thread's part of `dari serve --threads`: it finds the ports, keeps certificate and policy,
 * starts the threads that serve the ports, and gathers what they log and count.
 *
 * @module
 */

import type { Policy } from "../../auth/mod.ts";
import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import type { Ledger } from "../../cert/ledger/ledger.ts";
import type { CredentialOptions } from "../../endpoint/listen.ts";
import { keepCertificates } from "../../endpoint/threads/certificates.ts";
import { findPorts, formatPlace, type PortPlace } from "../../endpoint/threads/ports.ts";
import {
  ServingThreads,
  type ServingThreadsOptions,
  type WorkerLike,
} from "../../endpoint/threads/serving_threads.ts";
import type { BoundsMemory, ThreadBounds } from "../../endpoint/threads/shared_bounds.ts";
import type { ConnectionList } from "../../ops/live/connections.ts";
import type { LiveThread } from "../../ops/methods/live_server.ts";
import type { OpenLog } from "../../ops/open_log.ts";
import type { ServerMetrics } from "../serving/measured_server.ts";
import type { Order, ServingSettings, StartOrder, ThreadMessage } from "./messages.ts";
import type { OperationsRelay } from "./relay/operations_relay.ts";
import type { StopSum } from "./stop_sum.ts";
import { ThreadPulse } from "./thread_pulse.ts";
import { ThreadQuestions } from "./thread_questions.ts";
import { ThreadTaps } from "./thread_taps.ts";

/** What {@linkcode startThreads} works with. */
export interface StartThreadsOptions {
  /** How many threads. */
  readonly threads: number;
  /** Where they listen. */
  readonly places: readonly PortPlace[];
  /** What each of them is started with. */
  readonly settings: Omit<ServingSettings, "listen">;
  /** Where certificates come from. */
  readonly certificates: CredentialOptions;
  /** Where they are recorded. */
  readonly ledger: Ledger;
  /** Who may call what. */
  readonly policy: Policy;
  /** The common bounds, and their memory. */
  readonly bounds: ThreadBounds;
  readonly memory: BoundsMemory;
  /** Takes the lines of all threads. */
  readonly log: OpenLog;
  /** Takes their metrics, and has those of this thread. */
  readonly metrics: Pick<ServerMetrics, "registry" | "sum">;
  /** Hears how they stop. */
  readonly stops: StopSum;
  /** Answers the calls of methods for operations that they pass on. */
  readonly relay: OperationsRelay;
  /** Starts a worker. */
  readonly spawn?: ((thread: number) => WorkerLike) | undefined;
}

/** Threads that serve. */
export interface RunningThreads {
  /** Where they listen, an address for each place. */
  readonly addresses: readonly string[];
  /** How many handlers are at work, as the threads last reported. */
  readonly running: number;
  /** Their connections. */
  readonly live: LiveThread;
  /** Takes up certificates whose files have changed. */
  reload(): Promise<void>;
  /** Changes who may call what, in every thread. */
  setPolicy(policy: Policy): void;
  /** Stops them in order; running calls may take so many milliseconds. */
  stop(drainTimeoutMs?: number): Promise<void>;
}

/**
 * Starts the threads.
 *
 * @param options What they serve, and where.
 * @returns Once all of them listen.
 * @throws {DariError} Why one cannot start; then none is left.
 */
export async function startThreads(options: StartThreadsOptions): Promise<RunningThreads> {
  const { settings, bounds, memory, log, stops } = options;
  let { policy } = options;
  const tell = (order: Order) => threads.tell(order);
  const ports = await findPorts(options.places, settings.serve.insecure);
  const kept = await keepCertificates(
    options.places,
    options.certificates,
    options.ledger,
    (fresh) => tell({ type: "certificate", fresh }),
  );
  const listen = ports.flatMap(({ places }) => places.map(formatPlace));
  const first = (thread: number, lifeline: string, isTried: boolean): StartOrder => ({
    ...settings,
    ...{ type: "start", thread, lifeline, isTried, listen, policy, bounds: memory },
    monotonicMs: bounds.clock.monotonic(),
    certificates: kept.current,
    operations: options.relay.methods,
  });
  const running = new Map<number, number>();
  options.metrics.registry.observe("gauge", {
    name: "dari.threads",
    help: "Threads that serve the ports and answer.",
  }, () => running.size);
  const pulse = new ThreadPulse({
    onSilent: (thread, ms) => log.write("error", "a thread does not answer", { thread, ms }),
    onBack: (thread) => log.write("warn", "a thread answers again", { thread }),
  });
  const questions = new ThreadQuestions<ConnectionList>((): number[] => threads.living);
  const taps = new ThreadTaps(tell);
  const threads: ServingThreads<ThreadMessage> = new ServingThreads({
    threads: options.threads,
    spawn: options.spawn ?? spawnThread,
    first,
    ...hearing(options, { pulse, running, questions, taps }),
  });
  const timer = setInterval(() => pulse.look(), limits.threadReportMs);
  Deno.unrefTimer(timer); // a program whose work is done may end
  try {
    await threads.start();
  } catch (error) {
    kept[Symbol.dispose]();
    clearInterval(timer);
    throw error;
  }
  return {
    addresses: ports.map(({ address }) => address),
    get running() {
      return running.values().reduce((sum, calls) => sum + calls, 0);
    },
    live: {
      tap: (request, queue) => taps.begin(request, queue),
      async connections(owner) {
        const lists = await questions.ask((question) =>
          tell({ type: "connections", question, owner })
        );
        const more = lists.reduce((sum, list) => sum + list.more, 0);
        return { connections: lists.flatMap(({ connections }) => connections), more };
      },
    },
    reload: () => kept.reload(),
    setPolicy(next) {
      policy = next;
      tell({ type: "policy", policy });
    },
    async stop(drainTimeoutMs = limits.drainTimeoutMs) {
      kept[Symbol.dispose]();
      clearInterval(timer);
      const order: Order = { type: "stop", drainTimeoutMs };
      await threads.stop(order, drainTimeoutMs + limits.threadStopGraceMs);
      // Those that died instead have nothing to tell.
      for (let thread = 1; thread <= options.threads; thread++) {
        stops.stopped(thread, { drained: 0, cut: 0 });
      }
    },
  };
}

/** What the main thread does with all that it hears of the threads. */
function hearing(
  { bounds, metrics, stops, log, relay }: StartThreadsOptions,
  { pulse, running, questions, taps }: {
    readonly pulse: ThreadPulse;
    readonly running: Map<number, number>;
    readonly questions: ThreadQuestions<ConnectionList>;
    readonly taps: ThreadTaps;
  },
): Pick<ServingThreadsOptions<ThreadMessage>, "onMessage" | "onDied" | "onRestarted"> {
  return {
    onMessage(thread, message, worker) {
      pulse.heard(thread);
      if (message.type === "report") {
        running.set(thread, message.running);
        return metrics.sum.take(thread, message.metrics);
      }
      if (message.type === "relay") {
        return relay.heard(
          thread,
          message.piece,
          (piece) => worker.postMessage({ type: "relay", piece } satisfies Order),
        );
      }
      if (message.type === "connections") {
        return questions.answered(thread, message.question, message.list);
      }
      if (message.type === "tapped") {
        taps.took(message.tap, message.batch);
        return worker.postMessage({ type: "tapTaken", tap: message.tap } satisfies Order);
      }
      if (message.type === "stopping") return stops.stopping(thread, message.stop);
      if (message.type === "drained") return stops.stopped(thread, message.stopped);
      for (const line of message.lines.split("\n")) log.add(line);
      worker.postMessage({ type: "logged" } satisfies Order);
    },
    onDied(thread, error, restartInMs) {
      bounds.forget(thread);
      metrics.sum.end(thread);
      pulse.forget(thread);
      questions.died(thread);
      relay.ended(thread);
      running.delete(thread);
      log.write("error", "a thread died", { thread, error: originOf(error), restartInMs });
    },
    onRestarted(thread) {
      log.write("warn", "a thread serves again", { thread });
      taps.restarted();
    },
  };
}

/** The workers of the pool of one thread, where all together have so many. */
export function workersEach(workers: number | undefined, threads: number): number {
  return Math.max(1, Math.floor((workers ?? navigator.hardwareConcurrency) / threads));
}

/** What was thrown in the thread, with the stack that it had there; other reasons have none. */
function originOf(error: unknown): unknown {
  if (!(error instanceof DariError)) return reasonOf(error);
  return error.code === "internal" ? error.cause : error.message;
}

function spawnThread(thread: number): WorkerLike {
  // A literal URL, so that `deno compile` and bundlers see the file.
  const url = new URL("./serving_thread.ts", import.meta.url);
  return new Worker(url, { type: "module", name: `thread ${thread}` });
}
