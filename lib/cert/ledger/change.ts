/**
 * Changes to a ledger that wait to be written together.
 *
 * @module
 */

import type { LedgerEvent } from "./event.ts";

/** One change that waits to be written. */
export interface Change {
  /** What no other change of the same write may touch; a revocation is written alone. */
  readonly touches: readonly string[] | "everything";
  /** Gives its event, or throws what its caller gets instead. */
  readonly decide: () => LedgerEvent;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** How many changes from the first on can be decided without what the others of them do. */
export function independentLength(changes: readonly Change[]): number {
  const touched = new Set<string>();
  for (const [i, { touches }] of changes.entries()) {
    if (touches === "everything") return Math.max(i, 1);
    if (touches.some((one) => touched.has(one))) return i;
    for (const one of touches) touched.add(one);
  }
  return changes.length;
}

/** What becomes of a batch of changes. */
export interface Decided {
  readonly accepted: readonly Change[];
  readonly refused: ReadonlyMap<Change, unknown>;
  /** The events of the accepted changes. */
  readonly events: readonly LedgerEvent[];
}

/** Asks every change for its event; one that refuses does not stop the others. */
export function decideAll(batch: readonly Change[]): Decided {
  const accepted: Change[] = [];
  const refused = new Map<Change, unknown>();
  const events: LedgerEvent[] = [];
  for (const change of batch) {
    try {
      events.push(change.decide());
      accepted.push(change);
    } catch (error) {
      refused.set(change, error);
    }
  }
  return { accepted, refused, events };
}
