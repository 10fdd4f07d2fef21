import { type Command, defineCommand } from "../../app/command.ts";
import { operands } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { text } from "../../app/value_type.ts";
import { namedParams } from "../../workspace/param_pairs.ts";
import { queueOperand, queueOptions, rightsNote, withQueues } from "./queue_options.ts";
import { linesOf } from "./show.ts";

/** `dari queue set` */
export const command: Command = defineCommand({
  examples: [
    ["dari queue set emails maxTries=3 leaseMs=60000", "try three times, for a minute each"],
    ["dari queue set emails concurrency=10", "ten at once, whoever takes them"],
    [`dari queue set emails rate='{"count":100,"perMs":60000}'`, "a hundred a minute"],
    ["dari queue set emails rate=null", "as many as are taken"],
  ],
  operands: {
    queue: queueOperand,
    settings: operands(text("SETTING=VALUE"), "what is set", { isRequired: true }),
  },
  options: queueOptions,
  notes: [
    "dari queue show lists the settings. A queue that does not exist is made.",
    rightsNote,
  ],
  async run({ operands: { queue, settings }, options }, io) {
    const state = await withQueues(
      options,
      io,
      (queues) => queues.configure(queue, namedParams(settings)),
    );
    report(options, io, state, linesOf(state, Date.now()));
    return 0;
  },
});
