/**
 * How long the log of queues, jobs and topics may become, by what the tables take.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { SinceCut } from "../log/log_state.ts";

/** How many times what the tables take a log may be that no snapshot shortens. */
const MOST_TIMES = 4;

/**
 * Whether a snapshot is due: it costs about what the tables take, and so may the log between two of them.
 *
 * @param since What came since the last one.
 * @param fileBytes What the tables take.
 */
export function isSnapshotDue({ bytes, messages }: SinceCut, fileBytes: number): boolean {
  const cost = bytes + messages * limits.messageLogOverheadBytes;
  return cost >= Math.max(limits.messageSnapshotBytes, fileBytes);
}

/**
 * Refuses to write more where no server makes a snapshot.
 *
 * @param since What came since the last one that is whole.
 * @param fileBytes What the tables take, which is asked for where the log is long.
 * @throws {DariError} `resource_exhausted`.
 */
export function checkLogLength({ uncovered }: SinceCut, fileBytes: () => number): void {
  if (uncovered <= limits.maxMessageLogBytes || uncovered <= MOST_TIMES * fileBytes()) return;
  throw new DariError(
    "resource_exhausted",
    "The cluster's stream of queues, jobs and topics has grown too long, since no server could make a " +
      "snapshot; look at the logs of the servers",
    { retryAfterMs: limits.diskRetryAfterMs },
  );
}
