/**
 * What a server needs of jobs to offer them to its peers.
 *
 * @module
 */

import type { JobOperations } from "../job/operations.ts";

/** Jobs, whatever keeps them. */
export interface JobSource {
  /**
   * The jobs as somebody uses them.
   *
   * @param caller Their name.
   * @param may Whether they may look at, or manage, jobs of a method that others put.
   */
  as(
    caller: string,
    may: (method: string, right: "show" | "manage") => boolean,
  ): JobOperations;
}
