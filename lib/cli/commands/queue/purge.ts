import { DariError } from "../../../base/errors.ts";
import type { QueueState } from "../../../messages/mod.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { flag } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { queueOperand, queueOptions, rightsNote, withQueues } from "./queue_options.ts";

/** `dari queue purge` */
export const command: Command = defineCommand({
  examples: [
    ["dari queue purge emails", "remove all messages that wait, after a question"],
    ["dari queue purge emails --dead --yes", "remove the dead letters, without a question"],
  ],
  operands: { queue: queueOperand },
  options: {
    dead: flag("remove dead letters instead of messages that wait"),
    yes: flag("do not ask"),
    ...queueOptions,
  },
  notes: [
    "Messages that were taken stay, and so do those that come meanwhile.",
    rightsNote,
  ],
  async run({ operands: { queue }, options }, io) {
    const { dead, yes } = options;
    return await withQueues(options, io, async (queues) => {
      if (!yes) await confirm(await queues.show(queue), dead, io);
      const result = await queues.purge(queue, { dead });
      const { removed } = result;
      report(options, io, { queue, ...result }, [`removed ${countOf(removed, dead)} of ${queue}`]);
      return 0;
    });
  },
});

async function confirm(state: QueueState, dead: boolean, io: Io): Promise<void> {
  const count = dead ? state.dead : state.waiting + state.delayed;
  const answer = await io.ask(`Remove ${countOf(count, dead)} of ${state.name}? [y/N]`);
  if (answer === null) {
    throw new DariError("usage", "There is no terminal to ask on; give --yes to remove them");
  }
  if (!/^y(es)?$/i.test(answer.trim())) throw new DariError("cancelled", "Nothing was removed");
}

function countOf(count: number, dead: boolean): string {
  const noun = dead ? "dead letter" : "message";
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
