/**
 * What callers with an idempotency key are told instead of an answer.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";

/** The call, as far as messages need it. */
interface NamedCall {
  readonly method: string;
}

/** Another server runs it. */
export function atWork({ method }: NamedCall, retryAfterMs: number): DariError {
  const message = `"${method}" is being run with this idempotency key by another server`;
  return new DariError("unavailable", message, { retryAfterMs });
}

/** Nobody waits for it any more. */
export function givenUp({ method }: NamedCall): DariError {
  return new DariError("cancelled", `"${method}" was given up`);
}

/** The key belongs to another call. */
export function anotherCall(): DariError {
  return new DariError(
    "failed_precondition",
    "The idempotency key was used for a call with another method or other params; use a new key",
  );
}

/** It was begun, and nobody is at it. */
export function unknown({ method }: NamedCall): DariError {
  return new DariError(
    "failed_precondition",
    `It is not known whether "${method}" has run: the call with this idempotency key was cut. Look ` +
      "at what it should have done before you call it with a new key",
  );
}

/** It was begun, nobody is at it, and the store has not said yet that this is all that is known. */
export function notKnownYet({ method }: NamedCall): DariError {
  const message =
    `It is not known yet whether "${method}" has run: its idempotency key could not be looked up; call ` +
    "it again with the same key";
  return new DariError("unavailable", message, { retryAfterMs: limits.answerRetryMs });
}

/** It has run, and its answer is none that can be kept. */
export function notKept({ method }: NamedCall, why: string): DariError {
  return new DariError(
    "failed_precondition",
    `"${method}" has run with this idempotency key, and its answer was not kept: ${why}. Look at what ` +
      "it has done before you call it with a new key",
  );
}

/** It has run, and the store has not taken its answer yet. */
export function notKeptYet({ method }: NamedCall): DariError {
  const message =
    `"${method}" has run with this idempotency key, and its answer could not be kept yet; call it again ` +
    "with the same key";
  return new DariError("unavailable", message, { retryAfterMs: limits.answerRetryMs });
}

/** It has not run or has failed for now, and the store has not taken yet that it may be run. */
export function notFreeYet({ method }: NamedCall): DariError {
  const message =
    `"${method}" is not done, and its idempotency key could not be freed yet; call it again with the ` +
    "same key";
  return new DariError("unavailable", message, { retryAfterMs: limits.answerRetryMs });
}

/** The store fails, and more is waiting for it than may. */
export function storeFails({ method }: NamedCall): DariError {
  const message =
    `"${method}" was not run: too many calls with an idempotency key wait for the server's store`;
  return new DariError("unavailable", message, { retryAfterMs: limits.answerRetryMs });
}
