/**
 * Calls that are in no plan: they are made once nothing goes wrong any more.
 *
 * @module
 */

import type { Step, StepKind } from "./plan.ts";

/** The deadline of such a call, in milliseconds. */
export const PROBE_MS = 5_000;

/**
 * Makes one.
 *
 * @param id Its number, beyond those of the plan.
 * @param client Which client, by its place.
 * @param kind What it does.
 */
export function probe(id: number, client: number, kind: StepKind = "set"): Step {
  return {
    id,
    kind,
    atMs: 0,
    client,
    timeoutMs: PROBE_MS,
    isIdempotent: kind === "set",
    cancelAfterMs: undefined,
    amount: 0,
  };
}
