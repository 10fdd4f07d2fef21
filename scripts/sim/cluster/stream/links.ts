/**
 * The ways between the NATS servers of the simulation.
 *
 * @module
 */

import type { StreamNode } from "./node.ts";

/** Which NATS servers reach each other. */
export class Links {
  /** How often each way is cut, by the names of both ends. */
  readonly #cuts = new Map<string, number>();

  /** Whether messages pass between two NATS servers. */
  has(one: StreamNode, other: StreamNode): boolean {
    return one.isUp && other.isUp &&
      (one === other || (this.#cuts.get(nameOf(one, other)) ?? 0) === 0);
  }

  /** Cuts two NATS servers off from each other, or ends one such cut. */
  cut(one: StreamNode, other: StreamNode, isCut: boolean): void {
    if (one === other) return;
    const name = nameOf(one, other);
    this.#cuts.set(name, (this.#cuts.get(name) ?? 0) + (isCut ? 1 : -1));
  }

  /** Ends all cuts. */
  mend(): void {
    this.#cuts.clear();
  }
}

function nameOf(one: StreamNode, other: StreamNode): string {
  return [one.name, other.name].sort().join("-");
}
