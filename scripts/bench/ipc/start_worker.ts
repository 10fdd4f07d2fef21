/**
 * Starting the other thread of a contestant.
 *
 * @module
 */

import type { Part } from "./worker.ts";

/** Starts a worker in its part; resolves once it plays it. */
export async function startWorker(part: Part): Promise<Worker> {
  const worker = new Worker(new URL("worker.ts", import.meta.url), { type: "module" });
  const ready = Promise.withResolvers<void>();
  worker.onmessage = () => ready.resolve();
  worker.postMessage(part);
  await ready.promise;
  worker.onmessage = null;
  return worker;
}
