import { limits } from "../../../base/limits.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { flag, option } from "../../app/option.ts";
import { formatDuration } from "../../app/duration.ts";
import { duration } from "../../app/value_type.ts";
import { writeJson } from "../../workspace/exact_json.ts";
import { queueOperand, queueOptions, rightsNote, withQueues } from "./queue_options.ts";

/** `dari queue take` */
export const command: Command = defineCommand({
  examples: [
    ["dari queue take emails --ack", "take a message for good, and print its value as JSON"],
    ["dari queue take emails --ack --timeout 1m", "wait for one"],
    ["dari queue take emails --json", "a message with its number, tries and lease"],
    ["dari call rpc.queue.ack queue=emails lease=LEASE", "say later that it is done"],
  ],
  operands: { queue: queueOperand },
  options: {
    ack: flag("remove the message once it is printed"),
    lease: option(duration, "how long it is yours; else as the queue is set"),
    ...queueOptions,
    timeout: option(duration, "how long to wait for a message", { default: "0ms" }),
  },
  notes: [
    "Without --ack the message is yours as long as its lease lasts; unless it is acknowledged by " +
    "then, somebody else gets it.",
    "The exit code is 75 where no message came; --json prints null then.",
    rightsNote,
  ],
  async run({ operands: { queue }, options }, io) {
    const { ack, lease: leaseMs, timeout: waitMs } = options;
    const connection = { ...options, timeout: waitMs + limits.callTimeoutMs };
    return await withQueues(connection, io, async (queues) => {
      const taking = { waitMs, signal: io.signal, ...(leaseMs !== undefined && { leaseMs }) };
      const [message] = await queues.take(queue, taking);
      if (message === undefined) {
        if (options.json) io.print("null");
        else io.warn(`dari: no message came; ${queue} has none that can be taken`);
        return NOTHING_CAME;
      }
      io.print(writeJson(options.json ? message : message.value));
      if (ack) await queues.ack(queue, message.lease);
      else if (!options.json) {
        const time = formatDuration(message.leaseMs);
        io.warn(`message ${message.number} is yours for ${time}; its lease is ${message.lease}`);
      }
      return 0;
    });
  },
});

/** sysexits.h: EX_TEMPFAIL. */
const NOTHING_CAME = 75;
