import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { NewTopicMessage, PublishReceipt } from "../../../messages/mod.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { flag, operand, option } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { text } from "../../app/value_type.ts";
import { messageValues } from "../queue/message_values.ts";
import { rightsNote, topicName, topicOptions, withTopics } from "./topic_options.ts";

/** `dari topic publish` */
export const command: Command = defineCommand({
  examples: [
    `dari topic publish orders.42.paid '{ "total": 30 }'`,
    ["dari topic publish orders.42.paid - < order.json", "the message from standard input"],
    ["dari topic publish orders --lines - < orders.jsonl", "each line is a message; none is empty"],
    [`dari topic publish orders.42.paid --id payment-7 '{ "total": 30 }'`, "once for this ID"],
  ],
  operands: {
    topic: operand(topicName, "the name that it is published by"),
    message: operand(text("JSON|-"), "the message; - reads standard input"),
  },
  options: {
    lines: flag("read several messages: JSON Lines"),
    id: option(text("ID"), "do not publish it where a message with this ID was, not long ago"),
    ...topicOptions,
  },
  notes: [
    "The first message makes the topic. Once the command has ended, the message is on the server's " +
    "disk, unless the topic is set to keep nothing. Numbers have 53 bits, as in JavaScript: write " +
    "longer ones as text.",
    `With --lines, every ${limits.maxMessageBatch} messages are published together: all of them, or none.`,
    rightsNote,
  ],
  async run({ operands: { topic, message }, options }, io) {
    const { lines, id } = options;
    if (lines && id !== undefined) {
      throw new DariError("usage", "--id names one message; with --lines there are several");
    }
    const input = message === "-" ? await io.readInput() : message;
    const messages = messageValues(input, lines).map((value): NewTopicMessage => ({
      ...(id !== undefined && { id }),
      value,
    }));
    const receipts = await withTopics(options, io, async (topics) => {
      const all: PublishReceipt[] = [];
      for (let at = 0; at < messages.length; at += limits.maxMessageBatch) {
        const batch = messages.slice(at, at + limits.maxMessageBatch);
        all.push(...await topics.publish(topic, batch));
      }
      return all;
    });
    tell(receipts, { topic, lines }, options, io);
    return 0;
  },
});

function tell(
  receipts: readonly PublishReceipt[],
  { topic, lines }: { readonly topic: string; readonly lines: boolean },
  options: { readonly json: boolean },
  io: Io,
): void {
  const [receipt] = receipts;
  if (lines || receipt === undefined) {
    report(options, io, { topic, messages: receipts }, [
      `published ${receipts.length} ${receipts.length === 1 ? "message" : "messages"} in ${topic}`,
    ]);
    return;
  }
  const { cursor, isDuplicate } = receipt;
  const place = cursor === undefined ? "" : ` at ${cursor}`;
  report(options, io, { topic, ...receipt }, [
    isDuplicate
      ? `the message${place} has this ID: nothing was published`
      : `published in ${topic}${place}`,
  ]);
}
