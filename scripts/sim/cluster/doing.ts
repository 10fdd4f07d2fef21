/**
 * A step at a server, and what it is done with.
 *
 * @module
 */

import type { VirtualTime } from "../time/virtual_time.ts";
import type { ClusterJudge, SimulatedAccount } from "./judge.ts";
import type { ClusterSetup, ClusterStep } from "./plan.ts";
import type { ClusterRunning } from "./server.ts";

/** What steps are done with. */
export interface WorkSite {
  readonly time: VirtualTime;
  readonly judge: ClusterJudge;
  readonly accounts: readonly SimulatedAccount[];
  readonly setup: ClusterSetup;
}

/** A step at a server that runs. */
export interface Doing extends ClusterRunning {
  readonly site: WorkSite;
  readonly step: ClusterStep;
  /** The server. */
  readonly name: string;
  /** The step, for people. */
  readonly what: string;
}

/** Does a step; what it throws is no reason that is known. */
export type Deed = (doing: Doing) => Promise<void>;

/** Which of so many things a step is about. */
export function oneOf(count: number, { about }: ClusterStep): number {
  return Math.floor(about * count);
}
