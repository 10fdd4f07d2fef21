/**
 * Jobs as methods of the wire: `rpc.job.enqueue` and the others.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import { DariError } from "../../base/errors.ts";
import type { Extension, ExtensionMethod } from "../../rpc/builtin/extension.ts";
import { callerName } from "../../rpc/method/caller_name.ts";
import type { Context } from "../../rpc/method/context.ts";
import type { EnqueueOptions, JobOperations, JobPage, NewSchedule } from "../job/operations.ts";
import { noSuchJob } from "../job/params.ts";
import { membersOf } from "../queue/params.ts";
import type { JobSource } from "./job_source.ts";
import { mayAdminister } from "./may.ts";
import { waitWithin } from "./wire_wait.ts";
import { workMethods } from "./work_methods.ts";

/** What the policy knows those methods by whose right depends on the job: a sign-in is enough. */
const OWN_JOBS = { name: "rpc.job", isAdmin: false } as const;

interface Given {
  readonly job: number;
  readonly [name: string]: unknown;
}

type Work = (jobs: JobOperations, given: Given, context: Context) => unknown;

/**
 * Makes the methods of jobs.
 *
 * @param source The jobs.
 * @param methods Says of each method that is a job whether it is administrative.
 * @returns What a server is extended by.
 */
export function jobExtension(
  source: JobSource,
  methods: ReadonlyMap<string, { readonly isAdmin: boolean }>,
): Extension {
  return {
    methods(gate) {
      const about = aboutJobs(source, gate);
      return {
        "rpc.job.enqueue": {
          ...about("Put a job", ["method", "params", "id", "priority", "delayMs"], enqueue),
          right: (given) => rightTo(given, methods),
        },
        "rpc.job.show": about("Look at a job", ["job"], (jobs, { job }) => jobs.show(job), true),
        "rpc.job.wait": about("Look at a job once it has ended", ["job", "waitMs"], wait, true),
        "rpc.job.list": about(
          "List the jobs that the caller may look at",
          ["method", "status", "after", "limit"],
          async (jobs, page) => ({ jobs: await jobs.list(page as JobPage) }),
          true,
        ),
        "rpc.job.cancel": about("End a job for good", ["job"], (jobs, { job }) => jobs.cancel(job)),
        "rpc.job.retry": about(
          "Try a job again that has failed",
          ["job"],
          (jobs, { job }) => jobs.retry(job),
        ),
        "rpc.job.schedule": about(
          "Have a method run by itself",
          ["method", "name", "cron", "timeZone", "everyMs", "missed", "params"],
          (jobs, { method, ...schedule }) =>
            jobs.schedule(method as string, schedule as unknown as NewSchedule),
        ),
        "rpc.job.schedules": about(
          "List the schedules that the caller may look at",
          ["method", "after", "limit"],
          async (jobs, page) => ({ schedules: await jobs.schedules(page as JobPage) }),
          true,
        ),
        "rpc.job.unschedule": about(
          "Remove a schedule",
          ["schedule"],
          (jobs, { schedule }) => jobs.unschedule(schedule as number),
        ),
        ...workMethods(source, methods),
      };
    },
  };
}

/** Makes methods for jobs of the caller's own, and those of others where the policy says so. */
function aboutJobs(source: JobSource, gate: Pick<Gate, "authorize">) {
  return (
    summary: string,
    params: readonly string[],
    work: Work,
    idempotent = false,
  ): ExtensionMethod => ({
    summary,
    idempotent,
    right: () => OWN_JOBS,
    handler(given, context) {
      const known = membersOf<Given>(given, params, "The call");
      const { principal } = context;
      const may = (method: string, right: string) =>
        mayAdminister(gate, principal, `job:${method}.${right}`);
      return work(source.as(callerName(principal), may), known, context);
    },
  });
}

/** The right to call a method is the right to put it as a job. */
function rightTo(given: unknown, methods: ReadonlyMap<string, { readonly isAdmin: boolean }>) {
  const name = (given as { method?: unknown } | null | undefined)?.method;
  const method = typeof name === "string" ? methods.get(name) : undefined;
  if (method !== undefined) return { name: name as string, isAdmin: method.isAdmin };
  throw new DariError("invalid_params", noSuchJob(name));
}

async function enqueue(jobs: JobOperations, given: Given): Promise<unknown> {
  const { method, params, ...options } = given;
  return await jobs.enqueue(method as string, params, options as unknown as EnqueueOptions);
}

/** The wait ends before the call does, so that its caller hears how the job stands. */
async function wait(jobs: JobOperations, given: Given, context: Context): Promise<unknown> {
  const { signal } = context;
  return await jobs.wait(given.job, { waitMs: waitWithin(given.waitMs, context), signal });
}
