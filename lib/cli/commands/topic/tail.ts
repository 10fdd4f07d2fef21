import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { SubscribeOptions, TopicMessage, TopicOperations } from "../../../messages/mod.ts";
import { readCursor } from "../../../messages/topic/cursor.ts";
import { topicOfName } from "../../../messages/topic/names.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { flag, operand, option } from "../../app/option.ts";
import { text, type ValueType, wholeNumber } from "../../app/value_type.ts";
import { moment } from "../../audit/moment.ts";
import { writeJson } from "../../workspace/exact_json.ts";
import { rightsNote, topicOptions, topicPattern, withTopics } from "./topic_options.ts";

/** Where to begin: a cursor, `first`, or what gives a time. */
type Place = string | ((nowMs: number) => number);

const place: ValueType<Place> = {
  ...text("CURSOR|TIME"),
  expects: "a cursor such as orders:17, first, a date such as 2026-11-01T12:00Z, or 24h",
  parse: (text) => text === "first" || CURSOR.test(text) ? text : moment.parse(text),
};

const CURSOR = /^[A-Za-z0-9_-]+:\d+$/;

/** `dari topic tail` */
export const command: Command = defineCommand({
  examples: [
    ["dari topic tail orders.*.paid", "messages as they are published, until Ctrl-C"],
    ["dari topic tail 'orders.>' --last", "begin with the last message of each name"],
    ["dari topic tail 'orders.>' --from 24h", "what was published since yesterday, and goes on"],
    ["dari topic tail 'orders.>' --from orders:17 --count 1", "the one behind that place"],
    ["dari topic tail 'orders.>' --group billing", "share them; each is done once it is printed"],
  ],
  operands: { topic: operand(topicPattern, "the names: * is one part, > all that follow") },
  options: {
    from: option(place, "where to begin; a group that is there goes on where it is"),
    last: flag("begin with the last message of each name"),
    group: option(text("NAME"), "share the messages with others of this group"),
    count: option(wholeNumber(1), "end after so many messages"),
    ...topicOptions,
    json: flag("print each message as JSON, one a line"),
  },
  notes: [
    "A line has the place of a message, its name and its value. The place is what --from takes.",
    "A reader who is too slow holds nobody up. It gets what the topic keeps; of a topic that keeps " +
    "nothing it gets the newest, and a line says how many were dropped.",
    rightsNote,
  ],
  async run({ operands: { topic }, options }, io) {
    const { from, last, group, count = Infinity } = options;
    const begin = typeof from === "function" ? from(Date.now()) : from;
    if (typeof begin === "string" && begin !== "first") {
      usage(() => readCursor(begin, topicOfName(topic)));
    }
    const subscription: SubscribeOptions = {
      ...(begin !== undefined && { from: begin }),
      ...(last && { last }),
      ...(group !== undefined && { group }),
      signal: io.signal,
    };
    const connection = { ...options, timeout: limits.maxCallTimeoutMs };
    return await withTopics(connection, io, async (topics) => {
      await tail(topics, { topic, subscription, count }, options, io);
      return 0;
    });
  },
});

async function tail(
  topics: TopicOperations,
  { topic, subscription, count }: {
    readonly topic: string;
    readonly subscription: SubscribeOptions;
    readonly count: number;
  },
  options: { readonly json: boolean },
  io: Io,
): Promise<void> {
  let left = count;
  try {
    for await (const message of topics.subscribe(topic, subscription)) {
      show(message, options, io);
      if (io.isOutputClosed) return;
      const { lease } = message;
      if (lease !== undefined) await topics.ack(topic, subscription.group!, lease);
      if (--left === 0) return;
    }
    io.warn("dari: the server ended the subscription");
  } catch (error) {
    if (!io.signal.aborted) throw error;
  }
}

function show(message: TopicMessage, { json }: { readonly json: boolean }, io: Io): void {
  if (json) return io.print(writeJson(message));
  const { topic, cursor = "-", value, dropped } = message;
  if (dropped !== undefined) {
    io.print(`… ${dropped} messages were dropped: they came faster than they could be read`);
  }
  io.print(`${cursor}  ${topic}  ${writeJson(value)}`);
}

/** What the user typed wrong is an error of usage. */
function usage(check: () => void): void {
  try {
    check();
  } catch (cause) {
    if (cause instanceof DariError) throw new DariError("usage", cause.message, { cause });
    throw cause;
  }
}
