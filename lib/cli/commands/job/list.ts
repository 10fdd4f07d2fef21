import { JOB_STATUSES } from "../../../messages/job/operations.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { option } from "../../app/option.ts";
import { formatColumns, formatMoment, report, tellOfMore } from "../../app/report.ts";
import { choice, methodName, wholeNumber } from "../../app/value_type.ts";
import { writeJson } from "../../workspace/exact_json.ts";
import { jobOptions, jobRights, withJobs } from "./job_options.ts";

/** `dari job list` */
export const command: Command = defineCommand({
  examples: [
    ["dari job list", "the first 100 jobs that are kept"],
    "dari job list --method send_email --after 1200",
    "dari job list --status failed",
  ],
  options: {
    method: option(methodName, "only jobs of this method"),
    status: option(choice("STATUS", JOB_STATUSES), "only jobs that stand so"),
    after: option(wholeNumber(1), "only those with a greater number"),
    ...jobOptions,
  },
  notes: [jobRights],
  async run({ options }, io) {
    const { method, status, after } = options;
    const jobs = await withJobs(options, io, (jobs) => jobs.list({ method, status, after }));
    const rows = jobs.map(({ job, method, status, tries, putAtMs, putBy, error }) => [
      ...[String(job), method, status, String(tries), formatMoment(putAtMs), putBy],
      error === undefined ? "" : error.message,
    ]);
    const head = ["JOB", "METHOD", "STATUS", "TRIES", "PUT", "BY", "ERROR"];
    if (options.json) io.print(writeJson(jobs));
    else {
      report(options, io, jobs, formatColumns([head, ...rows]));
      tellOfMore(io, jobs.length, jobs.at(-1)?.job);
    }
    return 0;
  },
});
