/**
 * What clients do with a topic, and write down of it.
 *
 * @module
 */

import { DariError } from "../../../lib/base/errors.ts";
import type { SharedMessage, Topic } from "../../../lib/messages/topic/topic.ts";
import { topicOf } from "../../../lib/messages/wire/remote_topics.ts";
import type { Client } from "../../../lib/rpc/client/client.ts";
import { Random } from "../time/random.ts";
import type { MessageParts } from "./calls.ts";

/** What a step with a topic is made with. */
export interface TopicParts extends MessageParts {
  readonly client: Pick<Client, "call" | "stream">;
  /** The reader that the client has: it goes on where its last step ended. */
  readonly reader: Reader;
}

/** A reader of the topic, which lives as long as the run. */
export interface Reader {
  readonly name: string;
  /** The place of the last message that it was given; 0 before the first. */
  place: number;
  /** Whether one step of it is under way. */
  isReading: boolean;
}

/** What a message of the topic says. */
interface Event {
  /** Names the message. */
  readonly n: string;
}

/** The topic that all clients use. */
export const TOPIC = "events";
/** The group whose members share its messages. */
const GROUP = "all";

/** The share of publishes that are made twice. */
const AGAIN = 0.3;
/** The most messages that a step reads. */
const READ_COUNT = 12;
/** The longest time that the work on a message takes, in milliseconds: some outlast their lease. */
const WORK_MS = 700;
const QUICK = 0.7;
/** How long a message is its member's, in milliseconds: on a slow link the short one ends on the way. */
const LEASES_MS = [500, 10_000];
const FAILING = 0.05;
/** The share of members that leave without an answer. */
const LEAVING = 0.1;

/** One step of a client. */
export class TopicCalls {
  readonly #parts: TopicParts;
  readonly #random: Random;
  readonly #topic: Topic<Event>;

  /** @param parts What it is made with. */
  constructor(parts: TopicParts) {
    this.#parts = parts;
    this.#random = new Random(parts.id, "topic");
    const { client, options } = parts;
    this.#topic = topicOf<Event>({
      call: (method, params) => {
        return client.call(method, params as object, { ...options, timeoutMs: this.#leftMs });
      },
      stream: (method, params, given) => {
        return client.stream(method, params as object, { ...given, ...options });
      },
    }, TOPIC);
  }

  /** Publishes a message, some of them twice by the same id. */
  async publish(): Promise<void> {
    const { id, write } = this.#parts;
    const n = `e${id}`;
    const publish = async () => placeIn((await this.#topic.publish({ n }, { id: n })).cursor);
    const cursor = await publish();
    write({ kind: "published", n, cursor, lane: n });
    if (!this.#random.chance(AGAIN)) return;
    const other = await publish();
    if (other !== cursor) write({ kind: "published", n, cursor: other, lane: n });
  }

  /** Takes its share as a member of the group, until its deadline or until it has had enough. */
  async share(): Promise<void> {
    const { now, pause, write, endsAt } = this.#parts;
    const leaseMs = this.#random.pick(LEASES_MS);
    const options = { group: GROUP, from: "first", prefetch: 4, leaseMs } as const;
    let left = this.#random.whole(1, READ_COUNT);
    await untilDeadline(async () => {
      for await (const message of this.#topic.subscribe({ ...options, endsInMs: this.#leftMs })) {
        const { lease, value: { n } } = message;
        write({ kind: "given", n, lease, at: now() });
        const workMs = this.#random.chance(QUICK) ? 0 : this.#random.whole(0, WORK_MS);
        await pause(Math.min(workMs, Math.max(0, endsAt - now())));
        if (this.#random.chance(LEAVING) || now() >= endsAt) return;
        await this.#answer(message);
        if (--left === 0) return;
      }
    });
  }

  /** Reads on behind what the client has read before. */
  async follow(): Promise<void> {
    const { reader, write } = this.#parts;
    if (reader.isReading) return;
    reader.isReading = true;
    const from = reader.place === 0 ? "first" : `${TOPIC}:${reader.place}`;
    let left = this.#random.whole(1, READ_COUNT);
    try {
      await untilDeadline(async () => {
        const feed = this.#topic.subscribe({ from, endsInMs: this.#leftMs });
        for await (const { cursor, value: { n } } of feed) {
          reader.place = placeIn(cursor);
          write({ kind: "heard", reader: reader.name, n, cursor: reader.place });
          if (--left === 0) return;
        }
      });
    } finally {
      reader.isReading = false;
    }
  }

  async #answer(message: SharedMessage<Event>): Promise<void> {
    const { now, write } = this.#parts;
    try {
      if (this.#random.chance(FAILING)) return void await message.nack({ delayMs: 50 });
      await message.ack();
      write({ kind: "givenDone", n: message.value.n, at: now() });
    } catch (error) {
      // Its lease has ended, and others have the message.
      if (!(error instanceof DariError && error.code === "failed_precondition")) throw error;
    }
  }

  /** What is left of the step's time, in milliseconds. */
  get #leftMs(): number {
    const { endsAt, now } = this.#parts;
    return Math.max(1, Math.floor(endsAt - now()));
  }
}

/** Reads; a deadline is the end of a subscription, and no failure. */
async function untilDeadline(read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof DariError && error.code === "deadline_exceeded")) throw error;
  }
}

/** The number in a cursor. */
function placeIn(cursor: string | undefined): number {
  return Number(cursor?.split(":")[1]);
}
