/**
 * From a run that breaks a promise to the few steps and faults that it takes.
 *
 * @module
 */

import type { Broken, Outcome } from "./outcome.ts";

/** What can be shrunk: steps and faults with numbers of their own. */
export interface Shrinkable {
  readonly seed: number;
  readonly steps: readonly { readonly id: number }[];
  readonly faults: readonly { readonly id: number }[];
}

/** The most runs that shrinking may take. */
const MAX_RUNS = 600;

/**
 * Takes away what a failure does not need, as long as the same promise is broken.
 *
 * @param plan The plan that fails.
 * @param violation How it fails.
 * @param run Runs a plan.
 * @returns The smallest plan that was found.
 */
export async function shrink<P extends Shrinkable>(
  plan: P,
  violation: Broken,
  run: (plan: P) => Promise<Outcome>,
): Promise<P> {
  let runs = 0;
  const fails = async (smaller: P) => {
    if (++runs > MAX_RUNS) return false;
    const { violations } = await run(smaller);
    return violations.some(({ promise }) => promise === violation.promise);
  };
  let smallest = plan;
  for (let before = Infinity; sizeOf(smallest) < before;) {
    before = sizeOf(smallest);
    const faults = await fewest(smallest.faults, (faults) => fails({ ...smallest, faults }));
    smallest = { ...smallest, faults };
    const steps = await fewest(smallest.steps, (steps) => fails({ ...smallest, steps }));
    smallest = { ...smallest, steps };
  }
  return smallest;
}

/** Delta debugging: parts are left out, halves first, then ever smaller ones. */
async function fewest<T>(
  items: readonly T[],
  isEnough: (items: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let left = items;
  for (let size = Math.ceil(items.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < left.length;) {
      const without = [...left.slice(0, at), ...left.slice(at + size)];
      if (await isEnough(without)) left = without;
      else at += size;
    }
  }
  return left;
}

function sizeOf({ steps, faults }: Shrinkable): number {
  return steps.length + faults.length;
}

/**
 * The arguments that run a plan again.
 *
 * @param plan The plan, whole or shrunk.
 * @param stepCount How many steps the seed's plan has.
 */
export function replayArguments(plan: Shrinkable, stepCount: number): string {
  const list = (items: readonly { readonly id: number }[]) =>
    items.length === 0 ? "none" : items.map(({ id }) => id).join(",");
  const whole = plan.steps.length === stepCount
    ? ""
    : ` --only-steps ${list(plan.steps)} --only-faults ${list(plan.faults)}`;
  return `--seed ${plan.seed} --steps ${stepCount}${whole}`;
}
