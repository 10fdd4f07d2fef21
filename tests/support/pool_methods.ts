/** Methods that pools run in tests. They report their progress on a broadcast channel. */

import { RpcError } from "../../lib/base/errors.ts";
import type { WorkerContext } from "../../lib/ipc/mod.ts";
import { method } from "../../lib/rpc/method/method.ts";

/** The params of a method that reports its progress. */
interface Told {
  readonly channel: string;
}

function tell(channel: string, what: string): void {
  const sender = new BroadcastChannel(channel);
  sender.postMessage(what);
  sender.close();
}

/** The part of the Web Locks API used here; the runtime has it, its types do not. */
const { locks } = navigator as unknown as {
  locks: { request(name: string, held: () => Promise<unknown>): Promise<unknown> };
};

// deno-lint-ignore no-explicit-any
function inWorker(handler: (params: any, context: WorkerContext) => unknown) {
  return method({ worker: true, handler });
}

const worker = globalThis as unknown as { close(): void };
let runs = 0;
let hasTimerRun: boolean | undefined;

/** Every method that a pool of a test runs. */
export const methods = {
  add: inWorker(({ a, b }: { a: number; b: number }) => a + b),
  echo: inWorker((value) => value),
  /** What it knows about its call. */
  giveContext: inWorker((_, { method, deadline, signal }) => ({
    method,
    leftMs: deadline === Infinity ? null : deadline - Date.now(),
    aborted: signal.aborted,
  })),
  /** What `at` is here. */
  tagOfAt: inWorker(({ at }) => Object.prototype.toString.call(at)),
  /** How many times this worker has run it. */
  countRuns: inWorker(() => ++runs),
  /** Keeps its thread for a millisecond; tells whether the timer of its first run has run by then. */
  hasTimerRun: inWorker(() => {
    if (hasTimerRun === undefined) {
      hasTimerRun = false;
      setTimeout(() => hasTimerRun = true);
    }
    for (const end = performance.now() + 1; performance.now() < end;);
    return hasTimerRun;
  }),
  giveFunction: inWorker(() => () => 1),
  giveText: inWorker(({ length }: { length: number }) => "x".repeat(length)),
  giveStream: inWorker(() => (async function* () {})()),
  fail: inWorker(() => {
    throw new TypeError("broken inside");
  }),
  failTyped: inWorker(() => {
    const options = { retryable: true, retryAfterMs: 250, data: { thing: 7 } };
    throw new RpcError("not_found", "There is no such thing", options);
  }),
  failLater: inWorker(async () => {
    await Promise.resolve();
    throw new RpcError("failed_precondition", "Not now");
  }),
  failLong: inWorker(() => {
    throw new RpcError("not_found", "x".repeat(5_000), { data: "y".repeat(5_000) });
  }),
  failCyclic: inWorker(() => {
    const data: Record<string, unknown> = {};
    data.self = data;
    throw new RpcError("not_found", "Round and round", { data });
  }),
  /** Runs until it is cancelled. */
  untilCancelled: inWorker(({ channel }: Told, { signal }) => {
    const { promise, reject } = Promise.withResolvers();
    signal.addEventListener("abort", () => {
      tell(channel, "cancelled");
      reject(signal.reason);
    });
    tell(channel, "started");
    return promise;
  }),
  /** Never ends, even when it is cancelled. */
  deaf: inWorker(({ channel }: Told) => {
    tell(channel, "started");
    return new Promise(() => {});
  }),
  /** Loops, and holds a lock for as long as its thread lives. */
  loop: inWorker(({ channel }: Told) => {
    locks.request(channel, () => new Promise(() => {}));
    tell(channel, "started");
    while (true);
  }),
  /** Ends its own worker. */
  leave: inWorker(({ channel }: Told) => {
    tell(channel, "started");
    worker.close();
    return new Promise(() => {});
  }),
  /** Ends its own worker once it has returned. */
  leaveAfterwards: inWorker(() => queueMicrotask(() => worker.close())),
  /** Ends its own worker with an uncaught error. */
  crash: inWorker(() => {
    queueMicrotask(() => {
      throw new Error("nobody catches this");
    });
    return new Promise(() => {});
  }),
};
