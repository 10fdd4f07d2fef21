/**
 * What a method says of itself as a job, checked when its server starts.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { JobSettings } from "../../rpc/method/job.ts";
import type { Method, MethodPool, Methods } from "../../rpc/method/method.ts";
import { RegisteredMethod } from "../../rpc/method/registry.ts";
import { described } from "../queue/names.ts";
import type { QueueSettings } from "../queue/settings.ts";

/** A method that is a job. */
export class JobMethod extends RegisteredMethod {
  /** How it runs. */
  readonly job: JobSettings;

  /**
   * @param name Its name.
   * @param declared What it is.
   * @param job How it runs as a job.
   * @param pool Runs the handler where the declaration asks for a worker.
   */
  constructor(name: string, declared: Method, job: JobSettings, pool: MethodPool | undefined) {
    super(name, declared, false, pool);
    this.job = job;
  }
}

const ranges: Readonly<
  Record<
    Exclude<keyof JobSettings, "key" | "schedule" | "workers">,
    readonly [least: number, most: number]
  >
> = {
  retries: [0, limits.maxQueueSetting - 1],
  backoffMs: [0, limits.maxLeaseMs],
  timeoutMs: [1, limits.maxJobTimeoutMs],
  concurrency: [1, limits.maxQueueSetting],
  keepMs: [0, limits.maxMessageAgeMs],
};

/**
 * Finds the methods that are jobs.
 *
 * @param methods The methods of a server.
 * @param pool Runs those with `worker: true`.
 * @returns The jobs by their names.
 * @throws {TypeError} For a job that streams, or whose settings have a member that nobody knows.
 * @throws {RangeError} For a setting that cannot be used.
 */
export function jobMethods(
  methods: Methods,
  pool: MethodPool | undefined,
): ReadonlyMap<string, JobMethod> {
  const jobs = new Map<string, JobMethod>();
  for (const [name, declared] of Object.entries(methods)) {
    if (typeof declared === "function" || declared.job === undefined) continue;
    checkJobSettings(name, declared.job);
    const method = new JobMethod(name, declared, declared.job, pool);
    if (method.describe().isStream) {
      throw new TypeError(`"${name}" streams, so it cannot be a job; let it return one result`);
    }
    jobs.set(name, method);
  }
  return jobs;
}

/** How the queue of a method's jobs works. */
export function queueSettingsOf(job: JobSettings | undefined): Partial<QueueSettings> {
  const { retries = limits.jobRetries, backoffMs = limits.queueBackoffMs } = job ?? {};
  return { maxTries: retries + 1, backoffMs };
}

/** How long the result of a job is kept, in milliseconds. */
export function keepMsOf(job: JobSettings | undefined): number {
  return job?.keepMs ?? limits.jobKeepMs;
}

function checkJobSettings(method: string, job: JobSettings): void {
  if (typeof job !== "object" || job === null || Array.isArray(job)) {
    const message = `The settings of job "${method}" are an object such as { retries: 3 }; got `;
    throw new TypeError(message + described(job));
  }
  for (const [name, value] of Object.entries(job)) {
    if (value === undefined || name === "schedule") continue; // it is checked on its own
    if (name === "key") {
      if (typeof value === "function") continue;
      throw new TypeError(`The key of job "${method}" must be a function of its params`);
    }
    if (name === "workers") {
      if (value === "server" || value === "external") continue;
      const message = `The workers of job "${method}" are "server" or "external"; got `;
      throw new TypeError(message + described(value));
    }
    if (!Object.hasOwn(ranges, name)) {
      const known = ["key", "schedule", "workers", ...Object.keys(ranges)].join(", ");
      throw new TypeError(`Job "${method}" has no setting ${described(name)}; it has ${known}`);
    }
    const [least, most] = ranges[name as keyof typeof ranges];
    if (Number.isInteger(value) && value >= least && value <= most) continue;
    throw new RangeError(
      `"${name}" of job "${method}" must be a whole number from ${least} to ${most}; got ` +
        described(value),
    );
  }
}
