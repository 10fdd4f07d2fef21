/**
 * What writes fail with whose messages did not come back.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { NotAppended } from "../log/log.ts";

/** A message was certainly not taken. */
export function notWritten(): DariError {
  return new NotAppended("the change was lost on its way, and nothing was written");
}

/** Everybody passes a message over, since it was decided on another log. */
export function decidedOnAnother(): DariError {
  return new NotAppended("the change was decided by what the log does not have any more");
}

/** It is not known whether a message was taken. */
export function outcomeUnknown(): DariError {
  return new DariError(
    "unavailable",
    "The cluster did not say whether the change was written; read it again before you repeat it",
    { retryable: false },
  );
}
