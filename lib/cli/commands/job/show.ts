import { type Command, defineCommand } from "../../app/command.ts";
import { report } from "../../app/report.ts";
import { writeJson } from "../../workspace/exact_json.ts";
import { jobOperand, jobOptions, jobRights, linesOfJob, withJobs } from "./job_options.ts";

/** `dari job show` */
export const command: Command = defineCommand({
  examples: [["dari job show 17", "where it stands, and its result"]],
  operands: { job: jobOperand },
  options: jobOptions,
  notes: [
    "A job that is done or cancelled is kept for a day, unless its method says otherwise.",
    jobRights,
  ],
  async run({ operands: { job }, options }, io) {
    const state = await withJobs(options, io, (jobs) => jobs.show(job));
    if (options.json) io.print(writeJson(state));
    else report(options, io, state, linesOfJob(state));
    return 0;
  },
});
