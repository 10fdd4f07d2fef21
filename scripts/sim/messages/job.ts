/**
 * A job with a step, as servers run it.
 *
 * @module
 */

import { delay } from "../../../lib/base/abort.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import type { Random } from "../time/random.ts";
import { JOB } from "./calls.ts";
import type { Line } from "./lines.ts";

/** What a job works with. */
export interface JobPlace {
  readonly now: () => number;
  readonly random: Random;
  readonly write: (line: Line) => void;
}

/** The share of tries that fail. */
const FAILING = 0.2;
/** The longest time that a try takes, in milliseconds. */
const WORK_MS = 200;

/** The methods of a server that are jobs. */
export function jobMethodsOf({ now, random, write }: JobPlace) {
  return {
    [JOB]: method({
      job: { retries: 1_000, backoffMs: 10, concurrency: 2, timeoutMs: 60_000 },
      async handler({ n }: { readonly n: string }, context): Promise<string> {
        write({ kind: "jobRun", n, at: now() });
        // A server that stops gives its jobs back, whatever they are at.
        context.signal.addEventListener("abort", () => {
          write({ kind: "jobFails", n, at: now() });
        });
        const step = context.step("charge", () => write({ kind: "step", n, at: now() }));
        await step.catch((error) => {
          write({ kind: "jobFails", n, at: now() }); // a full disk remembers nothing
          throw error;
        });
        write({ kind: "stepKept", n, at: now() });
        await delay(random.whole(0, WORK_MS), { signal: context.signal });
        if (random.chance(FAILING)) {
          write({ kind: "jobFails", n, at: now() });
          throw new Error("not this time");
        }
        return n;
      },
    }),
  };
}
