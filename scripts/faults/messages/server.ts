/**
 * The server of a round: queues and jobs in a store, on a Unix socket.
 *
 * Arguments: its directory, that of the records, and a seed.
 *
 * @module
 */

import { delay } from "../../../lib/base/abort.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { EmbeddedQueues } from "../../../lib/messages/embedded/embedded_queues.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { openSqliteStore } from "../../../lib/store/sqlite.ts";
import { Random } from "../../sim/time/random.ts";
import { Records } from "./records.ts";
import { LEASE_MS, MAX_TRIES, QUEUE, SOCKET } from "./settings.ts";

/** The share of tries of a job that fail. */
const FAILING = 0.05;
const CONCURRENCY = 8;

function methodsOf(records: Records, random: Random) {
  return {
    charge: method({
      job: { retries: 1_000, backoffMs: 1, concurrency: CONCURRENCY },
      async handler({ n }: { readonly n: string }, context): Promise<string> {
        records.write({ kind: "jobRun", n, at: Date.now() });
        await context.step("charge", () => records.write({ kind: "step", n, at: Date.now() }));
        records.write({ kind: "stepKept", n, at: Date.now() });
        await delay(random.whole(0, 5), { signal: context.signal });
        if (random.chance(FAILING)) {
          records.write({ kind: "jobFails", n, at: Date.now() });
          throw new Error("not this time");
        }
        return n;
      },
    }),
  };
}

async function main([directory, records, seed]: string[]): Promise<void> {
  const store = await openSqliteStore(`${directory}/dari.db`);
  const queues = new EmbeddedQueues(store);
  const settings = { leaseMs: LEASE_MS, maxTries: MAX_TRIES, backoffMs: 5, maxBackoffMs: 40 };
  await queues.queue(QUEUE).configure(settings);
  const methods = methodsOf(new Records(records!), new Random(Number(seed), "server", Date.now()));
  await serve({ listen: `unix:${directory}/${SOCKET}`, methods, queues, log: () => {} });
  console.log(JSON.stringify({ address: `unix:${directory}/${SOCKET}` }));
}

if (import.meta.main) await main(Deno.args);
