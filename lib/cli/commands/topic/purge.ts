import { DariError } from "../../../base/errors.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { flag, option } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { text } from "../../app/value_type.ts";
import { rightsNote, topicOperand, topicOptions, withTopics } from "./topic_options.ts";

/** `dari topic purge` */
export const command: Command = defineCommand({
  examples: [
    ["dari topic purge orders", "remove all messages that are kept, after a question"],
    ["dari topic purge orders --yes", "without a question"],
    ["dari topic purge orders --group billing", "remove a group with its place instead"],
  ],
  operands: { topic: topicOperand },
  options: {
    group: option(text("NAME"), "remove this group, and no messages"),
    yes: flag("do not ask"),
    ...topicOptions,
  },
  notes: [
    "Messages that come meanwhile stay. Groups and cursors go on behind what was removed.",
    rightsNote,
  ],
  async run({ operands: { topic }, options }, io) {
    const { group, yes } = options;
    return await withTopics(options, io, async (topics) => {
      if (group !== undefined) {
        if (!yes) await confirm(`group ${group} of ${topic}`, io);
        await topics.forget(topic, group);
        report(options, io, { topic, group }, [`removed group ${group} of ${topic}`]);
        return 0;
      }
      if (!yes) await confirm(`${countOf((await topics.show(topic)).messages)} of ${topic}`, io);
      const result = await topics.purge(topic);
      report(options, io, { topic, ...result }, [`removed ${countOf(result.removed)} of ${topic}`]);
      return 0;
    });
  },
});

async function confirm(what: string, io: Io): Promise<void> {
  const answer = await io.ask(`Remove ${what}? [y/N]`);
  if (answer === null) {
    throw new DariError("usage", "There is no terminal to ask on; give --yes to remove them");
  }
  if (!/^y(es)?$/i.test(answer.trim())) throw new DariError("cancelled", "Nothing was removed");
}

function countOf(count: number): string {
  return `${count} message${count === 1 ? "" : "s"}`;
}
