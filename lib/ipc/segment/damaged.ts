/**
 * What a connection in memory ends with where the other side cheats.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";

/** The error of words in the memory that do not fit. */
export function damaged(): DariError {
  return new DariError("data", "The other side broke the rules of the memory that both share", {
    retryable: false,
  });
}
