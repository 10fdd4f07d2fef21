/**
 * A worker: takes messages for ever, writes down that each ran, and answers it.
 *
 * Arguments: the server's address, the directory of the records, a seed, and its name.
 *
 * @module
 */

import { delay } from "../../../lib/base/abort.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import type { Queue, TakenMessage } from "../../../lib/messages/queue/queue.ts";
import { Random } from "../../sim/time/random.ts";
import type { Answer, Body } from "../../sim/messages/lines.ts";
import { Records } from "./records.ts";
import { AGAIN_MS, QUEUE } from "./settings.ts";

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
  await Promise.all(Array.from({ length: LANES }, (_, lane) => {
    return workForEver(queue, records, new Random(Number(seed), `${name}`, Deno.pid, lane));
  }));
}

if (import.meta.main) await main(Deno.args);
