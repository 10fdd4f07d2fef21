import { type Command, defineCommand } from "../../app/command.ts";
import { operand } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { wholeNumber } from "../../app/value_type.ts";
import { writeJson } from "../../workspace/exact_json.ts";
import { jobOptions, scheduleRights, withJobs } from "./job_options.ts";

/** `dari job unschedule` */
export const command: Command = defineCommand({
  examples: [["dari job unschedule 3", "its method is not run by itself any more"]],
  operands: {
    schedule: operand(
      { ...wholeNumber(1), placeholder: "SCHEDULE" },
      "its number, as dari job schedules shows it",
    ),
  },
  options: jobOptions,
  notes: [
    "Jobs that it has put stay. What a method declares is changed in its module.",
    scheduleRights,
  ],
  async run({ operands: { schedule }, options }, io) {
    const state = await withJobs(options, io, (jobs) => jobs.unschedule(schedule));
    if (options.json) io.print(writeJson(state));
    else report(options, io, state, [`removed schedule ${schedule} of ${state.method}`]);
    return 0;
  },
});
