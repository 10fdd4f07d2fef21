import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { holdLifeline } from "../../../lib/ipc/wait/lifeline.ts";
import {
  ServingThreads,
  type ThreadReport,
  type WorkerLike,
} from "../../../lib/endpoint/threads/serving_threads.ts";

/** A worker that a test answers for. */
class FakeWorker implements WorkerLike {
  onerror: WorkerLike["onerror"] = null;
  onmessage: WorkerLike["onmessage"] = null;
  readonly got: unknown[] = [];
  readonly #ended = new AbortController();
  readonly #behave: (worker: FakeWorker, message: unknown) => void;

  constructor(behave: (worker: FakeWorker, message: unknown) => void) {
    this.#behave = behave;
  }

  postMessage(message: unknown): void {
    this.got.push(message);
    queueMicrotask(() => this.#behave(this, message));
  }

  say(report: ThreadReport | { type: "news"; text: string }): void {
    this.onmessage?.(new MessageEvent("message", { data: report }));
  }

  die(message: string): void {
    this.onerror?.(new ErrorEvent("error", { message, cancelable: true }));
  }

  /** Says that it serves, and holds its lifeline while it lives. */
  serve(lifeline: string): void {
    holdLifeline(lifeline, this.#ended.signal, () => this.say({ type: "ready" }));
  }

  get isTerminated(): boolean {
    return this.#ended.signal.aborted;
  }

  terminate(): void {
    this.#ended.abort();
  }
}

type Behave = (worker: FakeWorker, message: unknown, birth: number) => void;

/** The first message of a thread. */
interface First {
  readonly thread: number;
  readonly lifeline: string;
  readonly isTried: boolean;
}

/** Serves, and stops when it is told to. */
const wellBehaved: Behave = (worker, message) => {
  if (typeof message === "object") worker.serve((message as First).lifeline);
  else if (message === "stop") worker.say({ type: "stopped" });
};

/** The threads that were started, in their order, each with whether another one had tried. */
function births(workers: readonly FakeWorker[]): unknown[] {
  return workers.map(({ got }) => [(got[0] as First).thread, (got[0] as First).isTried]);
}

/** Two threads of fake workers, and what was heard of them. */
function startSome(behave: Behave, options: { restartPauseMs?: number; lifeMs?: number } = {}) {
  const workers: FakeWorker[] = [];
  const heard: unknown[] = [];
  let nowMs = 0;
  const restarted = { count: 0, wake: () => {} };
  const threads = new ServingThreads<{ type: "news"; text: string }>({
    threads: 2,
    spawn() {
      const birth = workers.length + 1;
      const worker = new FakeWorker((worker, message) => behave(worker, message, birth));
      workers.push(worker);
      return worker;
    },
    first: (thread, lifeline, isTried): First => ({ thread, lifeline, isTried }),
    onMessage: (thread, { text }) => heard.push([thread, text]),
    onDied: (thread, cause, inMs) => heard.push([thread, (cause as Error).message, inMs]),
    onRestarted(thread) {
      heard.push([thread, "back"]);
      restarted.count++;
      restarted.wake();
    },
    restartPauseMs: options.restartPauseMs ?? 1,
    monotonic: () => nowMs += options.lifeMs ?? 0,
  });
  const untilRestarted = async (count: number) => {
    while (restarted.count < count) {
      await deadline(new Promise<void>((resolve) => restarted.wake = resolve), 5_000);
    }
  };
  return { threads, workers, heard, untilRestarted };
}

Deno.test("ServingThreads tells only the first thread to try, and starts the others after it", async () => {
  const { threads, workers } = startSome(wellBehaved);
  await threads.start();
  assertEquals(births(workers), [[1, false], [2, true]]);
  workers[1]!.say({ type: "news", text: "hello" });
  threads.tell("all");
  assertEquals(workers.map(({ got }) => got.at(-1)), ["all", "all"]);
  await threads.stop("stop", 5_000);
  assert(workers.every(({ isTerminated }) => isTerminated));
});

Deno.test("ServingThreads starts none when the first cannot, and ends the first when another cannot", async () => {
  const failure = { code: "configuration", message: "no certificate" } as const;
  const none = startSome((worker) => worker.say({ type: "failed", failure }));
  const error = await assertRejects(() => none.threads.start(), DariError, "no certificate");
  assertEquals([error.code, none.workers.length], ["configuration", 1]);

  const second = startSome((worker, message, birth) => {
    if (birth === 2) worker.die("out of memory");
    else wellBehaved(worker, message, birth);
  });
  await assertRejects(() => second.threads.start(), Error, "out of memory");
  assert(second.workers.every(({ isTerminated }) => isTerminated));
  assertEquals(second.heard, [], "the error says it");
});

Deno.test("ServingThreads starts a thread again that dies, later each time while it dies soon", async () => {
  const { threads, workers, heard, untilRestarted } = startSome(wellBehaved);
  await threads.start();
  workers[1]!.die("boom");
  await untilRestarted(1);
  workers[2]!.die("boom");
  await untilRestarted(2);
  assertEquals(births(workers), [[1, false], [2, true], [2, true], [2, true]]);
  assertEquals(heard, [[2, "boom", 1], [2, "back"], [2, "boom", 2], [2, "back"]]);
  await threads.stop("stop", 5_000);
});

Deno.test("ServingThreads starts a thread at once that had served for long", async () => {
  const { threads, workers, heard, untilRestarted } = startSome(wellBehaved, {
    lifeMs: limits.threadHealthyMs,
  });
  await threads.start();
  workers[0]!.die("boom");
  await untilRestarted(1);
  assertEquals(heard, [[1, "boom", 0], [1, "back"]]);
  await threads.stop("stop", 5_000);
});

Deno.test("ServingThreads goes on trying when a thread cannot start again", async () => {
  const { threads, workers, heard, untilRestarted } = startSome((worker, message, birth) => {
    if (birth === 3 || birth === 4) worker.die(`birth ${birth}`);
    else wellBehaved(worker, message, birth);
  });
  await threads.start();
  workers[0]!.die("boom");
  await untilRestarted(1);
  assertEquals(heard, [[1, "boom", 1], [1, "birth 3", 2], [1, "birth 4", 4], [1, "back"]]);
  await threads.stop("stop", 5_000);
});

Deno.test("ServingThreads starts nothing after stop, and ends a thread that does not stop", async () => {
  const { threads, workers, heard } = startSome((worker, message, birth) => {
    if (message !== "stop") wellBehaved(worker, message, birth);
  }, { restartPauseMs: limits.maxThreadRestartPauseMs });
  await threads.start();
  workers[0]!.die("boom");
  await threads.stop("stop", 0);
  assertEquals(workers.map(({ isTerminated }) => isTerminated), [true, true]);
  assertEquals(heard, [
    [1, "boom", limits.maxThreadRestartPauseMs],
    [2, "It did not stop within 0 ms", undefined],
  ]);
});
