/**
 * A worker: takes messages for ever, writes down that each ran, and answers it; and reads a topic.
 *
 * Arguments: the server's address, the directory of the records, a seed, and its name.
 *
 * @module
 */

import { delay } from "../../../lib/base/abort.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import type { Queue, TakenMessage } from "../../../lib/messages/queue/queue.ts";
import type { Topic } from "../../../lib/messages/topic/topic.ts";
import { Random } from "../../sim/time/random.ts";
import type { Answer, Body } from "../../sim/messages/lines.ts";
import { Records } from "./records.ts";
import { AGAIN_MS, GROUP, LEASE_MS, placeOf, QUEUE, TOPIC } from "./settings.ts";

const LANES = 8;
/** The longest time that the work on a message takes, in milliseconds. */
const WORK_MS = 8;
const EXTENDED = 0.05;
const FAILING = 0.02;
const WAIT_MS = 500;

/** One message from its arrival to its answer. */
async function handle(
  message: TakenMessage<Body>,
  askedAt: number,
  records: Records,
  random: Random,
): Promise<void> {
  const { lease, number, key, tries, value: { n, isPoison } } = message;
  records.write({ kind: "run", n, number, key, lease, tries, askedAt, at: Date.now() });
  await delay(random.whole(0, WORK_MS));
  if (random.chance(EXTENDED)) {
    const extendedAt = Date.now();
    await message.extend();
    records.write({ kind: "extended", lease, askedAt: extendedAt, at: Date.now() });
  }
  const answer: Answer = isPoison || random.chance(FAILING) ? "nack" : "ack";
  records.write({ kind: "answers", lease, answer, at: Date.now() });
  try {
    await (answer === "ack" ? message.ack() : message.nack({ reason: "it cannot be done" }));
    records.write({ kind: "answered", lease, isTaken: true });
  } catch (error) {
    if (!(error instanceof DariError && error.code === "failed_precondition")) throw error;
    records.write({ kind: "answered", lease, isTaken: false });
  }
}

async function workForEver(queue: Queue<Body>, records: Records, random: Random): Promise<void> {
  for (;;) {
    try {
      const askedAt = Date.now();
      const message = await queue.take({ waitMs: WAIT_MS });
      if (message !== null) await handle(message, askedAt, records, random);
    } catch {
      await delay(AGAIN_MS); // the server is away; a message that was taken is taken again
    }
  }
}

/** Takes its share of a topic. */
async function shareForEver(topic: Topic<{ readonly n: string }>, records: Records): Promise<void> {
  const options = { group: GROUP, from: "first", prefetch: 4, leaseMs: LEASE_MS } as const;
  for (;;) {
    try {
      for await (const message of topic.subscribe(options)) {
        const { lease, value: { n } } = message;
        records.write({ kind: "given", n, lease, at: Date.now() });
        await message.ack();
        records.write({ kind: "givenDone", n, at: Date.now() });
      }
    } catch {
      await delay(AGAIN_MS); // the server is away, or the lease has ended
    }
  }
}

/** Reads a topic from now on, and from where it was when that ends. */
async function followForEver(
  topic: Topic<{ readonly n: string }>,
  reader: string,
  records: Records,
): Promise<void> {
  let from: string | undefined;
  for (;;) {
    try {
      for await (const { cursor, value: { n } } of topic.subscribe({ from })) {
        records.write({ kind: "heard", reader, n, cursor: placeOf(cursor) });
        from = cursor;
      }
    } catch {
      await delay(AGAIN_MS);
    }
  }
}

async function connected(address: string) {
  for (;;) {
    try {
      return await connect(address);
    } catch {
      await delay(AGAIN_MS);
    }
  }
}

async function main([address, directory, seed, name]: string[]): Promise<void> {
  const records = new Records(directory!);
  await using client = await connected(address!);
  const queue = client.queue<Body>(QUEUE);
  const lanes = Array.from({ length: LANES }, (_, lane) => {
    return workForEver(queue, records, new Random(Number(seed), `${name}`, Deno.pid, lane));
  });
  const follows = followForEver(client.topic(TOPIC), `${name}-${Deno.pid}`, records);
  await Promise.all([...lanes, shareForEver(client.topic(TOPIC), records), follows]);
}

if (import.meta.main) await main(Deno.args);
