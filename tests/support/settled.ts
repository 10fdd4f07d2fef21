import { turn } from "../../lib/base/turn.ts";

/**
 * Lets promises settle, also those that a busy thread has wait for a turn of the event loop, maybe more
 * than once. No timer of a test's own runs meanwhile.
 *
 * @param turns How many turns it takes at the most.
 */
export async function settled(turns = 10): Promise<void> {
  for (let n = 0; n < turns; n++) await turn();
}
