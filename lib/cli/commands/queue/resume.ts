import { type Command, defineCommand } from "../../app/command.ts";
import { report } from "../../app/report.ts";
import { queueOperand, queueOptions, rightsNote, withQueues } from "./queue_options.ts";

/** `dari queue resume` */
export const command: Command = defineCommand({
  examples: ["dari queue resume emails"],
  operands: { queue: queueOperand },
  options: queueOptions,
  notes: [
    "Messages are taken again, those first that came first.",
    rightsNote,
  ],
  async run({ operands: { queue }, options }, io) {
    const state = await withQueues(options, io, (queues) => queues.resume(queue));
    report(options, io, state, [`resumed ${queue}; ${state.waiting} wait`]);
    return 0;
  },
});
