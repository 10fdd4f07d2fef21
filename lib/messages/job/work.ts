/**
 * What runners of jobs do with them: they take them, and answer.
 *
 * @module
 */

import type { WrittenMessage } from "../queue/message_value.ts";
import type { NackOptions, NackResult, TakeOptions } from "../queue/operations.ts";
import type { JobError } from "./operations.ts";

/** Which job, and by what right it is answered. */
export interface JobLease {
  /** Its number. */
  readonly job: number;
  /** Its method. */
  readonly method: string;
  /** What a take gave. */
  readonly lease: string;
}

/** A job that was taken. It belongs to its taker until the lease ends. */
export interface TakenJob extends JobLease {
  /** Reads its params. */
  readonly params: () => unknown;
  /** The name of the principal that put it. */
  readonly putBy: string;
  /** How often it was tried, this time included. */
  readonly tries: number;
  /** How long the lease lasts, in milliseconds. */
  readonly leaseMs: number;
  /** The time at which a schedule has it run, in milliseconds since the epoch. */
  readonly scheduledAtMs: number | undefined;
}

/** A try that failed. */
export interface JobFailure extends Pick<NackOptions, "delayMs" | "dead" | "reason"> {
  /** Why, as the owner of the job may know it. */
  readonly error: JobError;
}

/** A value as it is stored, or what a step gave. */
export type StoredValue = Pick<WrittenMessage, "value" | "types">;

/** What a runner of jobs can do. Each fails with a `DariError`. */
export interface JobWork {
  /** Takes jobs of a method, once there are some. */
  take(method: string, options: TakeOptions): Promise<TakenJob[]>;
  /** Lets the lease begin anew. */
  extend(lease: JobLease): Promise<unknown>;
  /** What a step gave in an earlier try; `undefined` where it was not done. */
  step(lease: JobLease, name: string): Promise<StoredValue | undefined>;
  /** Remembers what a step gave. */
  remember(lease: JobLease, name: string, value: WrittenMessage): Promise<void>;
  /** Says how far the job is. */
  progress(lease: JobLease, value: WrittenMessage): Promise<void>;
  /** Says that the job is done, and what it gave. */
  finish(lease: JobLease, result: WrittenMessage): Promise<void>;
  /** Says that the try failed. */
  fail(lease: JobLease, failure: JobFailure): Promise<NackResult>;
  /** Gives the job back untried. */
  release(lease: JobLease): Promise<void>;
  /**
   * Waits until the job has ended otherwise, for instance because it was cancelled.
   *
   * @throws The signal's reason.
   */
  ended(lease: JobLease, signal: AbortSignal): Promise<void>;
}
