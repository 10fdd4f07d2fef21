/**
 * The verbs of `dari topic`, as in the table of all commands.
 *
 * @module
 */

import type { CommandTable } from "../app/command.ts";

/** The commands for topics, by name. */
export const topicCommands: CommandTable = {
  "topic publish": {
    summary: "Publish messages in a topic",
    load: () => import("../commands/topic/publish.ts"),
  },
  "topic tail": {
    summary: "Print the messages of a topic as they are published",
    load: () => import("../commands/topic/tail.ts"),
  },
  "topic list": {
    summary: "List topics",
    load: () => import("../commands/topic/list.ts"),
  },
  "topic show": {
    summary: "Show a topic and its groups",
    load: () => import("../commands/topic/show.ts"),
  },
  "topic set": {
    summary: "Change how a topic works",
    load: () => import("../commands/topic/set.ts"),
  },
  "topic purge": {
    summary: "Remove all messages of a topic, or a group",
    load: () => import("../commands/topic/purge.ts"),
  },
};
