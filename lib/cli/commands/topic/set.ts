import { type Command, defineCommand } from "../../app/command.ts";
import { operands } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { text } from "../../app/value_type.ts";
import { namedParams } from "../../workspace/param_pairs.ts";
import { linesOf } from "./show.ts";
import { rightsNote, topicOperand, topicOptions, withTopics } from "./topic_options.ts";

/** `dari topic set` */
export const command: Command = defineCommand({
  examples: [
    ["dari topic set orders maxMessages=100000 maxAgeMs=86400000", "keep so many, for a day"],
    ["dari topic set prices kept=false", "keep nothing: messages are for those who read now"],
    ["dari topic set orders maxTries=3 backoffMs=5000", "how often a group is given a message"],
  ],
  operands: {
    topic: topicOperand,
    settings: operands(text("SETTING=VALUE"), "what is set", { isRequired: true }),
  },
  options: topicOptions,
  notes: [
    "dari topic show lists the settings. A topic that does not exist is made. Who reads a topic that " +
    "begins or ends to keep messages has to subscribe again.",
    rightsNote,
  ],
  async run({ operands: { topic, settings }, options }, io) {
    const state = await withTopics(
      options,
      io,
      (topics) => topics.configure(topic, namedParams(settings)),
    );
    report(options, io, state, linesOf(state, Date.now()));
    return 0;
  },
});
