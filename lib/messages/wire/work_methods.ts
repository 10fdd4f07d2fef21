/**
 * Running jobs as methods of the wire: `rpc.job.take` and the others.
 *
 * @module
 */

import { DariError, errorTable } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { ExtensionMethod } from "../../rpc/builtin/extension.ts";
import { callerName } from "../../rpc/method/caller_name.ts";
import type { Context } from "../../rpc/method/context.ts";
import { checkLease } from "../embedded/tables/answers.ts";
import type { JobError } from "../job/operations.ts";
import { checkStepName, noSuchJob } from "../job/params.ts";
import type { JobLease, JobWork, TakenJob } from "../job/work.ts";
import { readMessage, writeMessage } from "../queue/message_value.ts";
import { described } from "../queue/names.ts";
import type { NackOptions, TakeOptions } from "../queue/operations.ts";
import { checkNack, checkTake, membersOf } from "../queue/params.ts";
import type { JobSource } from "./job_source.ts";
import { waitWithin } from "./wire_wait.ts";

/** Params of a method: the method of a job, and more. */
interface Given {
  readonly method: string;
  readonly lease: string;
  readonly [name: string]: unknown;
}

type Work = (work: JobWork, given: Given, context: Context) => unknown;

/**
 * Makes the methods by which other processes run jobs.
 *
 * @param source The jobs.
 * @param methods The methods that are jobs.
 */
export function workMethods(
  source: JobSource,
  methods: Pick<ReadonlyMap<string, unknown>, "has">,
): Readonly<Record<string, ExtensionMethod>> {
  const about = aboutWork(source, methods);
  const answer = (
    summary: string,
    params: readonly string[],
    work: (work: JobWork, lease: JobLease, given: Given) => unknown,
  ) =>
    about(
      summary,
      ["lease", ...params],
      async (jobs, given) => await work(jobs, leaseOf(given), given) ?? {},
    );
  return {
    "rpc.job.take": about("Take jobs of a method to run them", TAKE, take),
    "rpc.job.extend": answer(
      "Let the lease of a job begin anew",
      [],
      (jobs, lease) => jobs.extend(lease),
    ),
    "rpc.job.step": answer("Read what a step gave in an earlier try", ["name"], step),
    "rpc.job.remember": answer("Remember what a step gave", ["name", "value"], (
      jobs,
      lease,
      { name, value },
    ) => jobs.remember(lease, stepName(name), writeMessage(value))),
    "rpc.job.progress": answer(
      "Say how far a job is",
      ["value"],
      (jobs, lease, { value }) => jobs.progress(lease, writeMessage(value)),
    ),
    "rpc.job.finish": answer(
      "Say that a job is done",
      ["result"],
      (jobs, lease, { result }) => jobs.finish(lease, writeMessage(result)),
    ),
    "rpc.job.fail": answer(
      "Say that a try failed",
      ["error", ...NACK],
      (jobs, lease, given) => jobs.fail(lease, { ...nackOf(given), error: errorOf(given.error) }),
    ),
    "rpc.job.release": answer("Give a job back untried", [], (jobs, lease) => jobs.release(lease)),
  };
}

const TAKE = ["max", "leaseMs", "waitMs"];
const NACK = ["reason", "dead", "delayMs"];

/** Makes methods whose right is that to run the jobs of the method that their params name. */
function aboutWork(
  source: JobSource,
  methods: Pick<ReadonlyMap<string, unknown>, "has">,
) {
  return (summary: string, params: readonly string[], work: Work): ExtensionMethod => ({
    summary,
    idempotent: false,
    right(given) {
      const name = (given as { method?: unknown } | null | undefined)?.method;
      if (typeof name !== "string" || !methods.has(name)) {
        throw new DariError("invalid_params", noSuchJob(name));
      }
      return { name: `job:${name}.work`, isAdmin: true };
    },
    handler(given, context) {
      const known = membersOf<Given>(given, ["method", ...params], "The call");
      return work(source.work(callerName(context.principal)), known, context);
    },
  });
}

/** The wait ends before the call does, so that its caller hears that nothing came. */
async function take(work: JobWork, { method, ...given }: Given, context: Context) {
  const { lease: _none, ...options } = given;
  const checked = checkTake(options as TakeOptions);
  const waitMs = waitWithin(checked.waitMs, context);
  const jobs = await work.take(method, { ...checked, waitMs, signal: context.signal });
  return { jobs: jobs.map(sent) };
}

function sent({ params, scheduledAtMs, ...job }: TakenJob) {
  return { ...job, params: params(), ...(scheduledAtMs !== undefined && { scheduledAtMs }) };
}

async function step(work: JobWork, lease: JobLease, { name }: Given) {
  const known = await work.step(lease, stepName(name));
  return known === undefined ? { isDone: false } : { isDone: true, value: readMessage(known) };
}

function leaseOf({ method, lease }: Given): JobLease {
  const checked = checkLease(lease);
  return { method, lease: checked, job: Number(checked.slice(0, checked.indexOf("."))) };
}

function stepName(name: unknown): string {
  try {
    return checkStepName(name);
  } catch (error) {
    throw new DariError("invalid_params", (error as Error).message);
  }
}

function nackOf({ reason, dead, delayMs }: Given): NackOptions {
  return checkNack({ reason: reason ?? "", dead: dead ?? false, delayMs });
}

/** What a worker says of an error reaches the owner of the job. */
function errorOf(given: unknown): JobError {
  if (given === undefined) return { code: "internal", message: "Internal error" };
  const { code, message } = membersOf<Partial<JobError>>(given, ["code", "message"], "An error");
  if (typeof code === "string" && Object.hasOwn(errorTable, code) && typeof message === "string") {
    return { code, message: message.slice(0, limits.maxMessageReasonLength).toWellFormed() };
  }
  throw new DariError(
    "invalid_params",
    `"error" must have a "code" of dari's errors and a "message"; got ${described(code)}`,
  );
}
