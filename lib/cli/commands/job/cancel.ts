import { type Command, defineCommand } from "../../app/command.ts";
import { report } from "../../app/report.ts";
import { writeJson } from "../../workspace/exact_json.ts";
import { jobOperand, jobOptions, jobRights, linesOfJob, withJobs } from "./job_options.ts";

/** `dari job cancel` */
export const command: Command = defineCommand({
  examples: [["dari job cancel 17", "end it for good; its handler is told"]],
  operands: { job: jobOperand },
  options: jobOptions,
  notes: ["What its handler has done stays done.", jobRights],
  async run({ operands: { job }, options }, io) {
    const state = await withJobs(options, io, (jobs) => jobs.cancel(job));
    if (options.json) io.print(writeJson(state));
    else report(options, io, state, linesOfJob(state));
    return 0;
  },
});
