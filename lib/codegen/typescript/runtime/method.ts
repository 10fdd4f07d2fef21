/**
 * What is known of a method, what a reply means, and whether to try again.
 *
 * @module
 */

import { DariError, type ErrorClass, errorNamed, errorOf } from "./errors.ts";
import { type Plan, type Plans, readValue } from "./values.ts";

/** What the document says of a method. */
export interface Method {
  readonly name: string;
  readonly isIdempotent?: boolean;
  /** Whether its params may have bytes. */
  readonly hasBytes?: boolean;
  /** The classes of its errors; asked for when one has come. */
  readonly errors?: () => { readonly [name: string]: ErrorClass };
  /** Where its result, or its items, have dates and bytes. */
  readonly plan?: Plan;
}

/** Options of each call. */
export interface CallOptions {
  /** How long the call may take, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call. */
  readonly signal?: AbortSignal | undefined;
  /** The same for every try of one call: the server does its work once. */
  readonly idempotencyKey?: string | undefined;
}

export type Reply = { readonly [member: string]: unknown } | DariError;

/** The result of a reply; throws where there is none. */
export function resultOf(reply: Reply, method: Method, plans: Plans): unknown {
  if (reply instanceof DariError) {
    throw new DariError(reply.code, reply.message, reply.data, { cause: reply });
  }
  if ("error" in reply) throw errorOf(reply.error, method.errors?.() ?? {});
  return method.plan === undefined ? reply.result : readValue(reply.result, method.plan, plans);
}

/** The meta of a call as JSON; empty where it has none. */
export function metaOf(
  options: CallOptions,
  leftMs: number,
  isDefault: boolean,
  credit?: number,
): string {
  const { idempotencyKey } = options;
  if (isDefault && idempotencyKey === undefined && credit === undefined) return "";
  return JSON.stringify({ timeoutMs: Math.max(1, leftMs), idempotencyKey, credit });
}

/** Settles as a promise does, unless the deadline passes or the signal comes first. */
export async function inTime<T>(
  begin: (settle: (value: T) => void) => () => void,
  leftMs: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let abort: (() => void) | undefined;
  let leave: (() => void) | undefined;
  let isSettled = false;
  try {
    return await new Promise<T>((resolve, reject) => {
      if (signal?.aborted) throw cancelled(signal);
      leave = begin((value) => {
        isSettled = true;
        resolve(value);
      });
      timer = setTimeout(
        () => reject(errorNamed("deadline_exceeded", "The call took longer than its deadline")),
        Math.min(leftMs, LONGEST_TIMER_MS),
      );
      abort = () => reject(cancelled(signal));
      signal?.addEventListener("abort", abort);
    });
  } finally {
    clearTimeout(timer);
    if (abort !== undefined) signal?.removeEventListener("abort", abort);
    if (!isSettled) leave?.();
  }
}

function cancelled(signal: AbortSignal | undefined): DariError {
  return errorNamed("cancelled", "The call was cancelled by its caller", signal?.reason);
}

/** Timers hold 31 bits. */
const LONGEST_TIMER_MS = 2_147_483_647;
const MAX_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
const FULL_BUDGET = 10;
const LEAST_BUDGET = 5;
const GIVEN_BACK = 0.1;

/** A budget: a failed try takes one of it, and a call that succeeds gives a tenth back. */
export class Retries {
  #budget = FULL_BUDGET;

  succeeded(): void {
    if (this.#budget < FULL_BUDGET) this.#budget += GIVEN_BACK;
  }

  /** How long to wait before the next try, in milliseconds; none where there is to be none. */
  pauseMs(error: DariError, attempt: number, mayRepeat: boolean): number | undefined {
    const isRepeatable = error.name === "unavailable" || error.name === "resource_exhausted";
    if (!isRepeatable || (!mayRepeat && error.mayHaveRun)) return undefined;
    const { retryAfterMs = 0 } = error;
    // Below 0 the server asks not to be called again.
    if (!error.retryable || retryAfterMs < 0) return undefined;
    // Where no server was reached, no server has more to do: such tries go on to the deadline.
    if (error.mayHaveRun || !mayRepeat) {
      this.#budget = Math.max(0, this.#budget - 1);
      if (attempt >= MAX_ATTEMPTS || this.#budget <= LEAST_BUDGET) return undefined;
    }
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
    return Math.max(Math.random() * longest, retryAfterMs);
  }
}
