/**
 * What a server needs of queues to offer them to its peers.
 *
 * @module
 */

import type { QueueOperations } from "../queue/operations.ts";
import type { Queue } from "../queue/queue.ts";

/** Queues, whatever keeps them. */
export interface QueueSource {
  /**
   * The queues as somebody uses them.
   *
   * @param caller Their name.
   * @returns What they can do. Whether they may was asked before.
   */
  as(caller: string): QueueOperations;
  /**
   * A queue as the program of the server uses it.
   *
   * @param name Its name.
   */
  queue<T = unknown>(name: string): Queue<T>;
}
