/**
 * One try of a job.
 *
 * @module
 */

import { abortable, after } from "../../base/abort.ts";
import type { Clock } from "../../base/clock.ts";
import { runWithin } from "../../base/context/ambient_call.ts";
import { DeclaredError } from "../../base/declared_error.ts";
import { DariError, errorTable } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Context } from "../../rpc/method/context.ts";
import type { Publishing } from "../../rpc/method/publishing.ts";
import type { JobError } from "./operations.ts";
import { checkStepName } from "./params.ts";
import type { JobWork, TakenJob } from "./work.ts";
import { readMessage, writeMessage } from "../queue/message_value.ts";
import type { NackOptions, NackResult } from "../queue/operations.ts";
import { isThrown, textOfThrown } from "../queue/thrown.ts";
import { UnrecoverableError } from "../queue/worker.ts";
import { JobContext } from "./job_context.ts";
import type { JobMethod } from "./job_settings.ts";

/** What a {@linkcode JobTry} works with. */
export interface JobTryParts {
  readonly method: JobMethod;
  readonly taken: TakenJob;
  readonly work: JobWork;
  readonly clock: Clock;
  /** Publishes what the handler publishes, in the name of the principal that put the job. */
  readonly publishing: Publishing;
  /** Ends all tries: they are given back. */
  readonly stop: AbortSignal;
  /** Hears of a try that failed. */
  readonly tell: (line: string) => void;
}

/** One try of a job, as a worker has it. */
export class JobTry {
  readonly leaseMs: number;
  // A worker passes these on without their object.
  readonly ack: () => Promise<void>;
  readonly nack: (options?: NackOptions) => Promise<NackResult>;
  readonly extend: () => Promise<unknown>;
  /** Runs the handler. */
  readonly run: (lost: AbortSignal) => Promise<void>;

  /** @param parts The job, its method, and where it is answered. */
  constructor(parts: JobTryParts) {
    const { method, taken, work, stop, tell } = parts;
    let result = writeMessage(null);
    let error: JobError = { code: "internal", message: "Internal error" };
    this.leaseMs = taken.leaseMs;
    this.extend = () => work.extend(taken);
    this.ack = () => work.finish(taken, result);
    this.run = async (lost) => {
      try {
        result = writeMessage(await method.checkResult(await runTry(parts, lost)));
      } catch (thrown) {
        error = publicForm(thrown);
        const what = `Job ${taken.job} of "${method.name}"`;
        if (isThrown(thrown, JobEnded)) tell(`${what} was ended while it ran`);
        else if (!stop.aborted) {
          tell(`${what} failed at try ${taken.tries}: ${textOfThrown(thrown)}`);
        }
        throw thrown;
      }
    };
    this.nack = async ({ reason = "", dead = false, delayMs } = {}) => {
      if (!stop.aborted) return await work.fail(taken, { error, reason, dead, delayMs });
      // It did not fail: a worker that stops and starts again uses no try up.
      await work.release(taken);
      return { isDead: false };
    };
  }
}

/** Somebody cancelled a job, or another worker has finished it. */
class JobEnded extends DariError {}

/** Runs the handler until it returns, its time is over, or the job is somebody else's. */
async function runTry(
  { method, taken, work, clock, publishing }: JobTryParts,
  lost: AbortSignal,
): Promise<unknown> {
  const { timeoutMs = limits.jobTimeoutMs } = method.job;
  const ending = new AbortController();
  const late = new DariError("deadline_exceeded", `It took longer than ${timeoutMs} ms`);
  const forget = after(timeoutMs, () => ending.abort(late));
  const over = new AbortController();
  work.ended(taken, over.signal).then(
    () => ending.abort(new JobEnded("cancelled", `Job ${taken.job} has ended`)),
    () => {}, // where it cannot be known, the lease tells
  );
  const signal = AbortSignal.any([lost, ending.signal]);
  const context = new JobContext({
    ...{ job: taken.job, method: method.name, by: taken.putBy, signal },
    deadline: clock.now() + timeoutMs,
    scheduledAtMs: taken.scheduledAtMs,
    step: stepsOf(taken, work),
    progress: (value) => work.progress(taken, writeMessage(value)),
    publish: (topic, value, options) => publishing(taken.putBy, topic, value, options),
    now: () => clock.now(),
  });
  try {
    // A handler that does not hear its signal is left alone: it must not hold up the jobs behind it.
    return await abortable(handle(method, taken.params(), context), signal);
  } finally {
    forget();
    over.abort();
  }
}

/** Does each part of a job once, whatever becomes of the others. */
function stepsOf(taken: TakenJob, work: JobWork): Context["step"] {
  return async (given, doIt) => {
    const name = checkStepName(given);
    const known = await work.step(taken, name);
    if (known !== undefined) return readMessage(known) as never;
    const value = await doIt();
    await work.remember(taken, name, writeMessage(value));
    return value;
  };
}

async function handle(method: JobMethod, params: unknown, context: JobContext): Promise<unknown> {
  const checked = await method.checkParams(params ?? undefined);
  return await (method.mayMakeCalls
    ? runWithin(context, method.handler, checked)
    : method.handler(checked, context));
}

/** What the owner of a job may know of an error; everything else stays in this process. */
function publicForm(error: unknown): JobError {
  if (isThrown(error, UnrecoverableError)) {
    return { code: "failed_precondition", message: error.message };
  }
  const isTold = isThrown(error, DeclaredError) ||
    (isThrown(error, DariError) && errorTable[error.code].public);
  if (isTold) return { code: error.code, message: error.message };
  return { code: "internal", message: "Internal error" };
}
