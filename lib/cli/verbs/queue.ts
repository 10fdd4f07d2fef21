/**
 * The verbs of `dari queue`, as in the table of all commands.
 *
 * @module
 */

import type { CommandTable } from "../app/command.ts";

/** The commands for queues, by name. */
export const queueCommands: CommandTable = {
  "queue put": {
    summary: "Put messages into a queue",
    load: () => import("../commands/queue/put.ts"),
  },
  "queue take": {
    summary: "Take a message from a queue",
    load: () => import("../commands/queue/take.ts"),
  },
  "queue list": {
    summary: "List queues",
    load: () => import("../commands/queue/list.ts"),
  },
  "queue show": {
    summary: "Show a queue, or its dead letters",
    load: () => import("../commands/queue/show.ts"),
  },
  "queue set": {
    summary: "Change how a queue works",
    load: () => import("../commands/queue/set.ts"),
  },
  "queue retry": {
    summary: "Put dead letters back into their queue",
    load: () => import("../commands/queue/retry.ts"),
  },
  "queue pause": {
    summary: "Let nothing be taken from a queue",
    load: () => import("../commands/queue/pause.ts"),
  },
  "queue resume": {
    summary: "Let messages be taken from a queue again",
    load: () => import("../commands/queue/resume.ts"),
  },
  "queue purge": {
    summary: "Remove all messages of a queue",
    load: () => import("../commands/queue/purge.ts"),
  },
};
