/**
 * What is said of second factors that cannot be added, confirmed or removed.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { FactorRecord } from "./factor_record.ts";

/** Refuses a record that has as many authenticator apps as it may. */
export function checkRoom(record: FactorRecord): FactorRecord {
  if (record.codes.length < limits.maxCodeFactors) return record;
  throw new DariError(
    "failed_precondition",
    `An account has at most ${limits.maxCodeFactors} authenticator apps; remove one first`,
  );
}

/** Nothing waits for its first code. */
export function noEnrolment(): DariError {
  return new DariError(
    "failed_precondition",
    "No authenticator app waits for its first code, or it waited too long; add it again",
  );
}

/** There is nothing to remove. */
export function noFactor(name: string, id: string | undefined): DariError {
  return new DariError(
    "not_found",
    id === undefined ? `"${name}" has no second factor` : `"${name}" has no second factor "${id}"`,
  );
}
