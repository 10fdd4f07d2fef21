/**
 * The worker of a {@linkcode WorkerPool}: takes one call after the other from the shared queue. A
 * compiled program has to include this file (`deno compile --include`).
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { handlerOf, methodsIn } from "../../base/module_methods.ts";
import { turn } from "../../base/turn.ts";
import { CallRunner, type Handler } from "./call_runner.ts";
import { MessageWriter } from "../ring/messages.ts";
import { failureOf } from "./pool_failure.ts";
import { decodeRequest, MAX_HEADER_BYTES, type RequestFrame } from "./pool_frame.ts";
import type { Loaded, Order, Start } from "./pool_protocol.ts";
import { PoolSlots } from "./pool_slots.ts";
import { hold } from "../wait/presence.ts";
import { Queue } from "../queue/queue.ts";
import { Ring } from "../ring/ring.ts";
import { runGuarded } from "./time_guard.ts";

/** The part of a worker's global scope used here; the library's types are those of the main thread. */
interface Scope {
  postMessage(message: Loaded): void;
  onmessage: ((event: MessageEvent<Start | Order>) => void) | null;
  close(): void;
}

const scope = globalThis as unknown as Scope;
let runner: CallRunner | undefined;

scope.onmessage = ({ data }) => {
  if (data.type === "start") void start(data);
  else runner?.order(data);
};

async function start(options: Start): Promise<void> {
  const { encoding, maxMessageBytes } = options;
  try {
    const methods = handlersOf(await import(options.module));
    const ring = Ring.open(options.results);
    const results = new MessageWriter(ring, maxMessageBytes + MAX_HEADER_BYTES);
    runner = new CallRunner(methods, { results, encoding, maxMessageBytes });
  } catch (error) {
    return scope.postMessage({ type: "failed", failure: failureOf(error) });
  }
  hold(options.name, new AbortController().signal, () => scope.postMessage({ type: "ready" }));
  await new Desk(options, runner).work();
  scope.close();
}

function handlersOf(module: Record<string, unknown>): ReadonlyMap<string, Handler> {
  return new Map(
    Object.entries(methodsIn(module)).map(([name, method]) => [name, handlerOf(method) as Handler]),
  );
}

/** Where this worker takes its calls from. */
class Desk {
  readonly #requests: Queue<Uint8Array<ArrayBuffer>>;
  readonly #slots: PoolSlots;
  readonly #index: number;
  readonly #graceMs: number;
  readonly #runner: CallRunner;
  /** A call that was taken and did not fit behind the last one. */
  #taken: RequestFrame | undefined;

  constructor({ requests, slots, index, graceMs }: Start, runner: CallRunner) {
    this.#requests = Queue.open(requests);
    this.#slots = new PoolSlots(slots);
    this.#index = index;
    this.#graceMs = graceMs;
    this.#runner = runner;
  }

  /** Works until the pool closes the queue, or a call had to be stopped. */
  async work(): Promise<void> {
    for (let request; (request = await this.#next()) !== undefined;) {
      if (!this.#slots.claim(request, this.#index)) continue;
      const params = request.isLarge ? await this.#runner.askParams(request) : request.params;
      const { hasEnded, running } = this.#runSeveral(request, params);
      // What was stopped half-way may have left anything behind.
      if (!hasEnded) return;
      await (running ?? turn());
    }
  }

  /** Runs a call, and those that come right behind it, in one guard. */
  #runSeveral(first: RequestFrame, params: unknown): { hasEnded: boolean; running: unknown } {
    const start = performance.now();
    const guardMs = first.timeoutMs + this.#graceMs + limits.poolGuardSlackMs;
    let running: Promise<void> | undefined;
    const hasEnded = runGuarded(() => {
      running = this.#runner.run(first, params);
      while (running === undefined) {
        const next = this.#nextWithin(start + limits.poolHoldMs - performance.now());
        if (next === undefined) return;
        if (next.isLarge || !this.#fits(next, start + guardMs)) {
          this.#taken = next;
          return;
        }
        if (this.#slots.claim(next, this.#index)) running = this.#runner.run(next, next.params);
      }
    }, guardMs);
    return { hasEnded, running };
  }

  /** Whether the guard stops the call neither before its time nor long after it. */
  #fits({ timeoutMs }: RequestFrame, guardEnd: number): boolean {
    const spareMs = guardEnd - performance.now() - timeoutMs - this.#graceMs;
    return spareMs >= 0 && spareMs <= 2 * limits.poolGuardSlackMs;
  }

  async #next(): Promise<RequestFrame | undefined> {
    const taken = this.#taken;
    this.#taken = undefined;
    if (taken !== undefined) return taken;
    const frame = await this.#requests.get();
    return frame && decodeRequest(frame);
  }

  /**
   * The next call, if it comes in time. Holding the thread for it is what makes small calls quick: it
   * spares each its guard, and a thread is woken sooner than an event loop.
   */
  #nextWithin(ms: number): RequestFrame | undefined {
    if (ms <= 0) return undefined;
    let frame = this.#requests.tryGet();
    try {
      frame ??= this.#requests.getSync(ms);
    } catch (error) {
      if (!(error instanceof DariError && error.code === "deadline_exceeded")) throw error;
    }
    return frame && decodeRequest(frame);
  }
}
