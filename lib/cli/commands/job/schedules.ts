import { type Command, defineCommand } from "../../app/command.ts";
import { option } from "../../app/option.ts";
import { formatColumns, formatMoment, report, tellOfMore } from "../../app/report.ts";
import { methodName, wholeNumber } from "../../app/value_type.ts";
import { writeJson } from "../../workspace/exact_json.ts";
import { jobOptions, scheduleRights, timesOf, withJobs } from "./job_options.ts";

/** `dari job schedules` */
export const command: Command = defineCommand({
  examples: [
    ["dari job schedules", "the first 100 schedules, and when each comes next"],
    "dari job schedules --method send_report",
  ],
  options: {
    method: option(methodName, "only schedules of this method"),
    after: option(wholeNumber(1), "only those with a greater number"),
    ...jobOptions,
  },
  notes: [
    "A schedule without a name is one that its method declares. LAST is the time that was run last, " +
    "and JOB its job. Moments are in UTC.",
    scheduleRights,
  ],
  async run({ options }, io) {
    const { method, after } = options;
    const schedules = await withJobs(options, io, (jobs) => jobs.schedules({ method, after }));
    const rows = schedules.map((state) => {
      const { schedule, name, isDeclared, nextAtMs, lastAtMs, lastJob } = state;
      return [
        ...[String(schedule), state.method, isDeclared ? "" : name, timesOf(state)],
        nextAtMs === null ? "never" : formatMoment(nextAtMs),
        lastAtMs === undefined ? "" : formatMoment(lastAtMs),
        lastJob === undefined ? "" : String(lastJob),
      ];
    });
    const head = ["SCHEDULE", "METHOD", "NAME", "TIMES", "NEXT", "LAST", "JOB"];
    if (options.json) io.print(writeJson(schedules));
    else {
      report(options, io, schedules, formatColumns([head, ...rows]));
      tellOfMore(io, schedules.length, schedules.at(-1)?.schedule);
    }
    return 0;
  },
});
