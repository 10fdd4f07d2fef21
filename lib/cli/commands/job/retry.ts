import { type Command, defineCommand } from "../../app/command.ts";
import { report } from "../../app/report.ts";
import { writeJson } from "../../workspace/exact_json.ts";
import { jobOperand, jobOptions, jobRights, linesOfJob, withJobs } from "./job_options.ts";

/** `dari job retry` */
export const command: Command = defineCommand({
  examples: [["dari job retry 17", "try a job again that has failed"]],
  operands: { job: jobOperand },
  options: jobOptions,
  notes: ["Its tries are counted anew. Steps that went well before are not done again.", jobRights],
  async run({ operands: { job }, options }, io) {
    const state = await withJobs(options, io, (jobs) => jobs.retry(job));
    if (options.json) io.print(writeJson(state));
    else report(options, io, state, linesOfJob(state));
    return 0;
  },
});
