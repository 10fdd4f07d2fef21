import type { GroupState, TopicState } from "../../../messages/mod.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { formatColumns, report } from "../../app/report.ts";
import { formatAge, formatBytes } from "../../top/numbers.ts";
import { rightsNote, topicOperand, topicOptions, withTopics } from "./topic_options.ts";

/** `dari topic show` */
export const command: Command = defineCommand({
  examples: [
    ["dari topic show orders", "what is kept, how the topic is set, and its groups"],
    "dari topic show orders --json",
  ],
  operands: { topic: topicOperand },
  options: topicOptions,
  notes: [
    "CURSOR of a group is the place up to which all is done. BEHIND counts the messages behind it, OPEN " +
    "those that members have or that are tried again, MISSED those that were removed before the group " +
    "got them, GIVEN-UP those whose tries are used up.",
    rightsNote,
  ],
  async run({ operands: { topic }, options }, io) {
    const state = await withTopics(options, io, (topics) => topics.show(topic));
    report(options, io, state, linesOf(state, Date.now()));
    return 0;
  },
});

const HEAD = ["GROUP", "PATTERN", "CURSOR", "BEHIND", "OPEN", "MISSED", "GIVEN-UP"];

/**
 * Writes a topic for a person.
 *
 * @param state The topic.
 * @param nowMs The time, in milliseconds since the epoch.
 */
export function linesOf(state: TopicState, nowMs: number): string[] {
  const { name, messages, bytes, cursor, oldestAtMs, settings, groups } = state;
  const oldest = oldestAtMs === undefined
    ? ""
    : `; the oldest is ${formatAge(nowMs - oldestAtMs)} old`;
  const rows: [string, string][] = [
    ["topic", name],
    ["messages", `${messages}${oldest}`],
    ["size", formatBytes(bytes)],
    ["cursor", cursor],
    ...Object.entries(settings).map(([setting, value]): [string, string] => [
      setting,
      JSON.stringify(value),
    ]),
  ];
  const lines = formatColumns(rows);
  return groups.length === 0
    ? lines
    : [...lines, "", ...formatColumns([HEAD, ...groups.map(rowOf)])];
}

function rowOf({ name, pattern, cursor, behind, open, missed, givenUp }: GroupState): string[] {
  return [name, pattern, cursor, ...[behind, open, missed, givenUp].map(String)];
}
