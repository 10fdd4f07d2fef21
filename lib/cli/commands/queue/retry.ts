import { type Command, defineCommand } from "../../app/command.ts";
import { operands } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { wholeNumber } from "../../app/value_type.ts";
import { queueOperand, queueOptions, rightsNote, withQueues } from "./queue_options.ts";

/** `dari queue retry` */
export const command: Command = defineCommand({
  examples: [
    ["dari queue retry emails", "put all dead letters back"],
    ["dari queue retry emails 1204 1210", "these alone"],
  ],
  operands: {
    queue: queueOperand,
    numbers: operands({ ...wholeNumber(1), placeholder: "NUMBER" }, "the dead letters; else all"),
  },
  options: queueOptions,
  notes: [
    "Their tries are counted anew. dari queue show NAME --dead lists them.",
    rightsNote,
  ],
  async run({ operands: { queue, numbers }, options }, io) {
    const result = await withQueues(
      options,
      io,
      (queues) => queues.retry(queue, numbers.length === 0 ? undefined : numbers),
    );
    const { retried } = result;
    report(options, io, { queue, ...result }, [
      `put ${retried} ${retried === 1 ? "dead letter" : "dead letters"} back into ${queue}`,
    ]);
    return 0;
  },
});
