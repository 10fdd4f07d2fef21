/**
 * What the handler of a job knows about it.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import type { AmbientCall, CarriedContext } from "../../base/context/ambient_call.ts";
import { DariError } from "../../base/errors.ts";
import type { Context } from "../../rpc/method/context.ts";
import type { Peer } from "../../transport/connection.ts";

/** What a {@linkcode JobContext} is made of. */
export interface JobContextParts {
  readonly job: number;
  readonly method: string;
  /** The principal that put the job. */
  readonly by: string;
  readonly signal: AbortSignal;
  /** When the try is too late, in milliseconds since the epoch. */
  readonly deadline: number;
  /** The time at which a schedule has it run. */
  readonly scheduledAtMs: number | undefined;
  readonly now: () => number;
  readonly step: Context["step"];
  readonly progress: Context["progress"];
  readonly publish: Context["publish"];
}

/** The context of one try of a job. Its caller has gone, so nobody can be called back. */
export class JobContext implements Context, AmbientCall {
  readonly principal: Principal;
  readonly peer: Peer = { transport: "memory", address: "job" };
  readonly method: string;
  readonly signal: AbortSignal;
  readonly deadline: number;
  readonly scheduledAtMs: number | undefined;
  readonly meta: Context["meta"];
  readonly inherits = true;
  readonly carried: CarriedContext;
  readonly step: Context["step"];
  readonly progress: Context["progress"];
  readonly publish: Context["publish"];
  /** Set by a method that declares errors. */
  errors: Context["errors"] = {};
  readonly #now: () => number;

  /** @param parts The job, and who put it. */
  constructor(parts: JobContextParts) {
    const { job, method, by, signal, deadline, scheduledAtMs, now, step, progress, publish } =
      parts;
    // Its roles may have changed since the job was put, so it has none here.
    this.principal = { name: by, kind: "delegated", roles: [], credentialId: `job:${job}` };
    this.method = method;
    this.signal = signal;
    this.deadline = deadline;
    this.scheduledAtMs = scheduledAtMs;
    this.meta = {};
    this.carried = { caller: by };
    this.step = step;
    this.progress = progress;
    this.publish = publish;
    this.#now = now;
  }

  leftMs(): number {
    return this.deadline - this.#now();
  }

  /** A reply that nobody waits for carries nothing. */
  setBaggage(): void {}

  notify(): void {
    throw nobody();
  }

  call(): Promise<unknown> {
    return Promise.reject(nobody());
  }
}

function nobody(): DariError {
  return new DariError("failed_precondition", "A job has no caller that could be called back");
}
