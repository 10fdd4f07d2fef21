/**
 * The pool with one worker and a task that is next to nothing: what is measured is the way there and
 * back.
 *
 * @module
 */

import { WorkerPool } from "../../../lib/ipc/mod.ts";
import { carryCalls } from "./calls.ts";

/** `inFlight` calls at a time. */
export async function poolCalls(inFlight: number): Promise<void> {
  const module = new URL("pool_methods.ts", import.meta.url);
  await using pool = new WorkerPool({ module, workers: 1 });
  await carryCalls((a, b) => pool.call("add", [a, b]), inFlight);
}
