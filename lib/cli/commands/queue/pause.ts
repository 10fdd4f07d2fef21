import { type Command, defineCommand } from "../../app/command.ts";
import { report } from "../../app/report.ts";
import { queueOperand, queueOptions, rightsNote, withQueues } from "./queue_options.ts";

/** `dari queue pause` */
export const command: Command = defineCommand({
  examples: ["dari queue pause emails"],
  operands: { queue: queueOperand },
  options: queueOptions,
  notes: [
    "Messages can still be put, and those that were taken can be answered. dari queue resume ends it.",
    rightsNote,
  ],
  async run({ operands: { queue }, options }, io) {
    const state = await withQueues(options, io, (queues) => queues.pause(queue));
    report(options, io, state, [`paused ${queue}; ${state.waiting} wait`]);
    return 0;
  },
});
