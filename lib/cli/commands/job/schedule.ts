import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { NewSchedule } from "../../../messages/mod.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { operand, option } from "../../app/option.ts";
import { formatMoment, report } from "../../app/report.ts";
import { choice, duration, methodName, text } from "../../app/value_type.ts";
import { parseExact, writeJson } from "../../workspace/exact_json.ts";
import { jobOptions, scheduleRights, timesOf, withJobs } from "./job_options.ts";

/** `dari job schedule` */
export const command: Command = defineCommand({
  examples: [
    `dari job schedule send_report weekly --cron "0 9 * * MON" --time-zone Asia/Seoul`,
    `dari job schedule sync hourly --every 1h --params '{ "shop": 7 }'`,
    ["dari job schedule backup nightly --cron @daily --missed all", "one run for each missed time"],
  ],
  operands: {
    method: operand(methodName, "the method that is run"),
    name: operand(text("NAME"), "what the schedule is called; one of this name is replaced"),
  },
  options: {
    cron: option(text("PATTERN"), "minute, hour, day of the month, month and day of the week"),
    "time-zone": option(text("ZONE"), "the time zone of the pattern; UTC unless it is given"),
    every: option(duration, "from one run to the next, instead of a pattern"),
    missed: option(
      choice("WHICH", ["skip", "once", "all"]),
      "times that came while no server ran: none of them, one run, or each",
      { default: "once" },
    ),
    params: option(text("JSON|-"), "the params of each run"),
    ...jobOptions,
  },
  notes: [
    `With --missed all at most the last ${limits.maxMissedRuns} are run.`,
    scheduleRights,
  ],
  async run({ operands: { method, name }, options }, io) {
    const { cron, "time-zone": timeZone, every: everyMs, missed, params: given } = options;
    if ((cron === undefined) === (everyMs === undefined)) {
      throw new DariError("usage", "Give either --cron PATTERN or --every TIME");
    }
    const params = given === "-" ? await io.readInput() : given;
    const schedule = {
      ...{ name, cron, timeZone, everyMs, missed },
      params: params === undefined ? undefined : paramsOf(params),
    } as NewSchedule;
    const state = await withJobs(options, io, (jobs) => jobs.schedule(method, schedule));
    const next = state.nextAtMs === null ? "never" : formatMoment(state.nextAtMs);
    if (options.json) io.print(writeJson(state));
    else {
      const line = `schedule ${state.schedule} runs ${method} at ${
        timesOf(state)
      }; next at ${next}`;
      report(options, io, state, [line]);
    }
    return 0;
  },
});

function paramsOf(json: string): unknown {
  try {
    return parseExact(json);
  } catch (cause) {
    throw new DariError("usage", "The params are not JSON", { cause });
  }
}
