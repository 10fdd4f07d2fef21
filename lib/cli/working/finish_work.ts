/**
 * The end of `dari work`: running jobs may finish, and the others are given back.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";
import type { Io } from "../app/command.ts";

/** Something that works, and can be stopped in order. */
export interface Worker extends AsyncDisposable {
  /** How much is at work. */
  readonly running: number;
  /** Begins nothing new. */
  drain(): void;
  /** Resolves once nothing runs any more. */
  ended(): Promise<void>;
}

/**
 * Lets workers finish what they have begun, and has them give the rest back.
 *
 * @param workers The workers.
 * @param options How long it may take, in milliseconds, and who sees what is left.
 */
export async function finishWork(
  workers: readonly Worker[],
  { drainMs, status }: { readonly drainMs: number; readonly status: Io["status"] },
): Promise<void> {
  for (const worker of workers) worker.drain();
  const over = Promise.withResolvers<void>();
  const forget = after(drainMs, over.resolve);
  const startedAt = performance.now();
  let isShown = false;
  const show = () => {
    const running = workers.reduce((sum, worker) => sum + worker.running, 0);
    if (running === 0 || status === undefined) return;
    const seconds = Math.max(0, Math.round((drainMs - (performance.now() - startedAt)) / 1_000));
    status(`waiting for ${running} at work, ${seconds} s at most`);
    isShown = true;
  };
  show();
  const timer = setInterval(show, limits.drainStatusMs);
  try {
    await Promise.race([over.promise, Promise.allSettled(workers.map((each) => each.ended()))]);
  } finally {
    clearInterval(timer);
    forget();
    if (isShown) status?.("");
  }
  await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
}
