/**
 * The server of `dari serve --threads`: its main thread has the Unix sockets, and the other threads
 * have the ports.
 *
 * @module
 */

import type { WriteLog } from "../../base/text/write_log.ts";
import type { Policy } from "../../auth/mod.ts";
import type { Ledger } from "../../cert/ledger/ledger.ts";
import { type ServeOptions, serveTogether } from "../../endpoint/serve.ts";
import type { PortPlace } from "../../endpoint/threads/ports.ts";
import {
  allocateBounds,
  type BoundsMemory,
  openBounds,
  type ThreadBounds,
} from "../../endpoint/threads/shared_bounds.ts";
import { threadOf } from "../../ops/methods/live_server.ts";
import type { ServerState } from "../../ops/metrics/part_metrics.ts";
import type { OpenLog } from "../../ops/open_log.ts";
import { type ListenPlace, parseListenPlace } from "../../transport/scheme/listen_place.ts";
import type { Operations } from "../serving/operations.ts";
import { OWN_OPTIONS, type ServingSettings } from "./messages.ts";
import { OperationsRelay } from "./relay/operations_relay.ts";
import { type RunningThreads, startThreads } from "./serve_threads.ts";
import { StopSum } from "./stop_sum.ts";

/** Bounds that the main thread shares with those that serve the ports. */
export interface MainBounds extends ThreadBounds {
  /** Their memory. */
  readonly memory: BoundsMemory;
}

/**
 * Makes the bounds of a server in its main thread.
 *
 * @param threads How many threads serve the ports.
 * @param maxConnections The most connections of all of them.
 */
export function makeBounds(threads: number, maxConnections: number): MainBounds {
  const memory = allocateBounds(threads + 1, maxConnections);
  return { ...openBounds(memory, 0), memory };
}

/** A server, whether one thread serves it or several. */
export interface RunningServer {
  /** Where it listens, in the order in which the places were given. */
  readonly addresses: readonly string[];
  /** How many handlers are at work. */
  readonly running: number;
  /** The server of the main thread; the other threads measure theirs. */
  readonly main: ServerState;
  /** Takes up certificates whose files have changed. */
  reload(): Promise<void>;
  /** Changes who may call what in the threads that serve the ports. */
  setPolicy(policy: Policy): void;
  /** Stops in order. */
  close(drainTimeoutMs?: number): Promise<void>;
}

/** What {@linkcode serveByThreads} works with beside what the main thread serves. */
export interface ThreadedServerOptions {
  /** How many threads serve the ports. */
  readonly threads: number;
  /** The common bounds. */
  readonly bounds: MainBounds;
  /** What the threads are started with, beside what the main thread serves too. */
  readonly settings: Pick<ServingSettings, "module" | "workers" | "log" | "traceShare">;
  /** Who may call what. */
  readonly policy: Policy;
  /** The ledger of certificates. */
  readonly ledger: Ledger;
  /** Takes the lines of all threads. */
  readonly log: OpenLog;
  /** What hears of the main thread's connections and calls; its log hears how all threads stop. */
  readonly operations: Pick<Operations, "live" | "metrics" | "observers" | "serverLog">;
}

/**
 * Starts the server.
 *
 * @param serving What it serves and where.
 * @param options Its threads.
 * @returns The server.
 * @throws {DariError} Why it cannot start; then nothing of it is left.
 */
export async function serveByThreads(
  serving: ServeOptions & {
    readonly listen: readonly string[];
    readonly data: string;
    readonly log: WriteLog;
  },
  options: ThreadedServerOptions,
): Promise<RunningServer> {
  const { bounds, settings, threads, log } = options;
  const { metrics, observers, serverLog } = options.operations;
  const { serverStopping: _, serverStopped: __, ...heard } = serverLog;
  const places = serving.listen.map(parseListenPlace);
  const { hardwareConcurrency: cores } = navigator;
  if (threads > cores) log.write("warn", "there are more threads than cores", { threads, cores });
  const stops = new StopSum(serverLog, threads + 1);
  const main = await serveTogether({
    ...serving,
    listen: serving.listen.filter((_, at) => !isPort(places[at]!)),
    observer: [...observers.map((one) => one === serverLog ? heard : one), {
      serverStopping: (stop) => stops.stopping(0, stop),
      serverStopped: (stopped) => stops.stopped(0, stopped),
    }],
  }, { ...bounds, thread: 0, threads, isTried: true });
  const relay = new OperationsRelay(serving.operations ?? {});
  let running: RunningThreads;
  try {
    running = await startThreads({
      ...options,
      stops,
      relay,
      memory: bounds.memory,
      metrics,
      places: places.filter(isPort),
      settings: {
        ...settings,
        serve: toldOptions(serving, threads),
        httpsAt: main.addresses.find((address) => address.startsWith("https:")),
      },
      certificates: { ...serving, tell: serving.log },
    });
  } catch (error) {
    await main.close(0);
    throw error;
  }
  for (const thread of [threadOf(main, serving.methods), running.live]) {
    options.operations.live.add(thread);
  }
  const own = main.addresses.values();
  const ports = running.addresses.values();
  return {
    // The gateway's address, where there is one, is the main thread's last.
    addresses: [...places.map((place) => (isPort(place) ? ports : own).next().value!), ...own],
    main,
    get running() {
      return main.running + running.running;
    },
    reload: () => running.reload(),
    setPolicy: (policy) => running.setPolicy(policy),
    async close(drainTimeoutMs) {
      await Promise.all([running.stop(drainTimeoutMs), main.close(drainTimeoutMs)]);
      await relay[Symbol.asyncDispose]();
    },
  };
}

function isPort(place: ListenPlace): place is PortPlace {
  return "host" in place.address;
}

function toldOptions(
  serving: ServeOptions & { readonly data: string },
  threads: number,
): ServingSettings["serve"] {
  const own: readonly string[] = OWN_OPTIONS;
  const told = Object.entries(serving).filter(([name]) => !own.includes(name));
  const { maxConcurrentCalls = Infinity } = serving;
  return {
    ...Object.fromEntries(told) as unknown as ServingSettings["serve"],
    maxConcurrentCalls: Math.max(1, Math.floor(maxConcurrentCalls / threads)),
  };
}
