/**
 * What a server needs of topics to offer them to its peers.
 *
 * @module
 */

import type { TopicOperations } from "../topic/operations.ts";
import type { Topic } from "../topic/topic.ts";

/** Topics, whatever keeps them. */
export interface TopicSource {
  /**
   * The topics as somebody uses them.
   *
   * @param caller Their name.
   * @param check Throws once they may not read a topic any more.
   * @returns What they can do. Whether they may was asked before.
   */
  as(caller: string, check?: (topic: string) => void): TopicOperations;
  /**
   * A topic as the program of the server uses it.
   *
   * @param name Its name, or a pattern.
   */
  topic<T = unknown>(name: string): Topic<T>;
}
