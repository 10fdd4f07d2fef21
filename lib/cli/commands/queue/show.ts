import type { DeadLetter, QueueState } from "../../../messages/mod.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { flag, option } from "../../app/option.ts";
import { formatColumns, formatMoment, report, tellOfMore } from "../../app/report.ts";
import { wholeNumber } from "../../app/value_type.ts";
import { formatAge, formatBytes } from "../../top/numbers.ts";
import { writeJson } from "../../workspace/exact_json.ts";
import { queueOperand, queueOptions, rightsNote, withQueues } from "./queue_options.ts";

/** `dari queue show` */
export const command: Command = defineCommand({
  examples: [
    ["dari queue show emails", "how many messages wait, and how the queue is set"],
    ["dari queue show emails --dead", "messages that nobody could handle, and why"],
    "dari queue show emails --dead --after 1200 --json",
  ],
  operands: { queue: queueOperand },
  options: {
    dead: flag("list dead letters, 100 of them"),
    after: option(wholeNumber(1), "with --dead: only those with a greater number"),
    ...queueOptions,
  },
  notes: [rightsNote],
  async run({ operands: { queue }, options }, io) {
    const { dead, after } = options;
    if (!dead) {
      const state = await withQueues(options, io, (queues) => queues.show(queue));
      report(options, io, state, linesOf(state, Date.now()));
      return 0;
    }
    const letters = await withQueues(options, io, (queues) => queues.dead(queue, { after }));
    if (options.json) io.print(writeJson(letters));
    else {
      report(options, io, letters, formatColumns([HEAD, ...letters.map(rowOf)]));
      tellOfMore(io, letters.length, letters.at(-1)?.number);
    }
    return 0;
  },
});

const HEAD = ["NUMBER", "DIED", "TRIES", "REASON", "VALUE"];

function rowOf({ number, diedAtMs, tries, reason, value }: DeadLetter): string[] {
  return [String(number), formatMoment(diedAtMs), String(tries), reason, writeJson(value)];
}

/**
 * Writes a queue for a person.
 *
 * @param state The queue.
 * @param nowMs The time, in milliseconds since the epoch.
 */
export function linesOf(state: QueueState, nowMs: number): string[] {
  const { name, isPaused, waiting, delayed, leased, dead, bytes, oldestAtMs, settings } = state;
  const oldest = oldestAtMs === undefined
    ? ""
    : `; the oldest for ${formatAge(nowMs - oldestAtMs)}`;
  const rows: [string, string][] = [
    ["queue", `${name}${isPaused ? " (paused)" : ""}`],
    ["waiting", `${waiting}${oldest}`],
    ["delayed", String(delayed)],
    ["leased", String(leased)],
    ["dead", String(dead)],
    ["size", formatBytes(bytes)],
    ...Object.entries(settings).map(([setting, value]): [string, string] => [
      setting,
      JSON.stringify(value),
    ]),
  ];
  return formatColumns(rows);
}
