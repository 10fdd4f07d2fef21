/**
 * One contestant of dari's or of the platform's, in a process of its own.
 *
 * Arguments: the contestant.
 *
 * @module
 */

import { pipeFlood, pipeRoundTrips, postMessageFlood, postMessageRoundTrips } from "./pipe.ts";
import { poolCalls } from "./pool.ts";
import { queueValues, ringMessages } from "./queue.ts";
import { sharedMemory } from "./shared_memory.ts";

/** Every contestant by the name that `scenarios.ts` starts it with. */
const contestants = {
  pipe_round_trips: pipeRoundTrips,
  pipe_flood: pipeFlood,
  post_message_round_trips: postMessageRoundTrips,
  post_message_flood: postMessageFlood,
  queue_objects: () => queueValues(false),
  queue_bytes: () => queueValues(true),
  ring_bytes: ringMessages,
  shared_memory: sharedMemory,
  pool_1: () => poolCalls(1),
  pool_64: () => poolCalls(64),
};

/** A contestant's name. */
export type ContestantName = keyof typeof contestants;

if (import.meta.main) await contestants[Deno.args[0] as ContestantName]();
