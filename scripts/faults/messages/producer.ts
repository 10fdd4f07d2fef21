/**
 * A producer: puts messages and jobs and publishes for ever, each of them again until it is acknowledged.
 *
 * Arguments: the server's address, the directory of the records, a seed, its name, and `jobs` where it
 * puts some.
 *
 * @module
 */

import { delay } from "../../../lib/base/abort.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import type { PutMessageOptions } from "../../../lib/messages/queue/queue.ts";
import { Random } from "../../sim/time/random.ts";
import type { Body } from "../../sim/messages/lines.ts";
import { Records } from "./records.ts";
import { AGAIN_MS, placeOf, QUEUE, TOPIC } from "./settings.ts";

const LANES = 4;
const KEYS = 12;
/** The longest pause between two messages of a lane, in milliseconds. */
const PAUSE_MS = 12;
const KEYED = 0.4;
const POISON = 0.02;
const DELAYED = 0.1;
const JOBS = 0.1;
const PUBLISHED = 0.15;

function optionsOf(random: Random): PutMessageOptions {
  if (random.chance(KEYED)) return { key: `key-${random.whole(1, KEYS)}` };
  if (random.chance(DELAYED)) return { delayMs: random.whole(1, 100) };
  return { priority: random.whole(0, 9) };
}

/** Does work until it succeeds. */
async function untilDone<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch {
      await delay(AGAIN_MS); // the server is away, or was when it answered
    }
  }
}

async function main([address, directory, seed, name, jobs]: string[]): Promise<void> {
  const records = new Records(directory!);
  await using client = await untilDone(() => connect(address!));
  const queue = client.queue<Body>(QUEUE);
  const topic = client.topic<{ readonly n: string }>(TOPIC);
  const putForEver = async (lane: string) => {
    const random = new Random(Number(seed), lane);
    for (let count = 0;; count++) {
      const n = `${lane}-${count}`;
      if (random.chance(JOBS) && jobs === "jobs") {
        const { job } = await untilDone(() => client.enqueue("charge", { n }, { id: n }));
        records.write({ kind: "job", n, job });
      } else if (random.chance(PUBLISHED)) {
        const { cursor } = await untilDone(() => topic.publish({ n }, { id: n }));
        records.write({ kind: "published", n, lane, cursor: placeOf(cursor) });
      } else {
        const isPoison = random.chance(POISON);
        const options = { ...optionsOf(random), id: n };
        const receipt = await untilDone(() => queue.put({ n, isPoison }, options));
        records.write({ kind: "put", n, lane, isPoison, ...receipt });
      }
      await delay(random.whole(0, PAUSE_MS));
    }
  };
  await Promise.all(
    Array.from({ length: LANES }, (_, lane) => putForEver(`${name}-${Deno.pid}-${lane}`)),
  );
}

if (import.meta.main) await main(Deno.args);
