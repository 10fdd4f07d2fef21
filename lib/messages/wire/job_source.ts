/**
 * What a server needs of jobs to offer them to its peers.
 *
 * @module
 */

import type { JobOperations } from "../job/operations.ts";
import type { JobWork } from "../job/work.ts";

/** Jobs, whatever keeps them. */
export interface JobSource {
  /**
   * The jobs as somebody uses them.
   *
   * @param caller Their name.
   * @param may Whether they may look at, manage, or run jobs of a method that others put.
   */
  as(
    caller: string,
    may: (method: string, right: "show" | "manage" | "work") => boolean,
  ): JobOperations;
  /**
   * The jobs as somebody runs them. Whether they may is asked before.
   *
   * @param caller Their name; only they can answer what they took.
   */
  work(caller: string): JobWork;
}
