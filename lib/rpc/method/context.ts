/**
 * What a handler knows about the call that it serves.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import type { Meta } from "../../protocol/message.ts";
import type { Peer } from "../../transport/connection.ts";
import type { ErrorMakers, NoErrors } from "./declared_errors.ts";
import type { ContextPublishOptions, ContextReceipt } from "./publishing.ts";

/** What a handler gets beside its params. */
export interface Context<Errors = NoErrors> {
  /** The caller; `null` where the method is public and nobody signed in. */
  readonly principal: Principal | null;
  /** The other end of the connection. */
  readonly peer: Peer;
  /** The method's name. */
  readonly method: string;
  /** Aborts at the deadline, when the caller cancels, and when the connection breaks. */
  readonly signal: AbortSignal;
  /** When the caller stops waiting, in milliseconds since the epoch. */
  readonly deadline: number;
  /** What travelled with the call: timeout, trace, idempotency key, and the caller's baggage. */
  readonly meta: Readonly<Meta>;
  /** The time at which a schedule has this job run, in milliseconds since the epoch. */
  readonly scheduledAtMs?: number | undefined;
  /**
   * Makes the errors that the method declares: `throw context.errors.out_of_stock({ left: 2 })`.
   * Code that has no context makes one as a `DeclaredError`.
   */
  readonly errors: ErrorMakers<Errors>;
  /**
   * Puts an entry into the map that travels with the reply, beside the result; callers read it by
   * `onReply`.
   *
   * @param name Its name.
   * @param value Its text.
   * @throws {RangeError} For an empty name, a control character, and more than 64 entries or 8 KiB.
   */
  setBaggage(name: string, value: string): void;
  /**
   * Does a part of a job and remembers what it gave: when the job is tried again, the part is not done
   * again. A plain call just does it.
   *
   * @param name What it is called within the job.
   * @param work What is done.
   * @returns What it gave, now or in an earlier try.
   */
  step<T>(name: string, work: () => T | Promise<T>): Promise<T>;
  /**
   * Says how far a job is, for those who look at it. A plain call tells nobody.
   *
   * @param value What a message of a queue can carry.
   */
  progress(value: unknown): Promise<void>;
  /**
   * Publishes a message in a topic of the server, as the caller, whatever the caller itself may publish.
   *
   * @param topic The name that it is published by: `orders.42.paid`.
   * @param value What it says: what a call can carry, streams and files left aside.
   * @param options An id, and what is written to the store in the same transaction.
   * @returns Its place in the topic, once it is on disk.
   * @throws {DariError} `failed_precondition` on a server without topics, and what `publish` of a topic
   * throws.
   */
  publish(
    topic: string,
    value: unknown,
    options?: ContextPublishOptions,
  ): Promise<ContextReceipt>;
  /**
   * Sends a notification to the caller, before the reply.
   *
   * @param method Its method.
   * @param params Its params.
   * @throws {DariError} `resource_exhausted` when too much waits already for a caller that does not
   * read.
   */
  notify(method: string, params?: unknown): void;
  /**
   * Calls a method that the caller offers on the same connection. This call is cancelled when the
   * call that is being served ends early, and has the same deadline.
   *
   * @param method Its name.
   * @param params Its params.
   * @returns Its result.
   */
  call(method: string, params?: unknown): Promise<unknown>;
}
