/**
 * The queue, and the bare ring beneath: what a queue could do at most.
 *
 * @module
 */

import { Queue, Ring } from "../../../lib/ipc/mod.ts";
import { carryRounds } from "./round.ts";
import { startWorker } from "./start_worker.ts";

const BATCH = 256;

/** Small objects, or 100 bytes, from a producer to a consumer. */
export async function queueValues(bytes: boolean): Promise<void> {
  const queue = Queue.create();
  await startWorker({ play: "fill a queue", buffer: queue.buffer, bytes });
  await carryRounds(async (span) => {
    while (span.note((await queue.getMany(BATCH)).length));
  });
}

/** 100 bytes from the ring's writer to its reader, in as much memory as a queue has. */
export async function ringMessages(): Promise<void> {
  const ring = Ring.create({ capacityBytes: Queue.create().buffer.byteLength >> 1 });
  await startWorker({ play: "fill a ring", buffer: ring.buffer });
  await carryRounds(async (span) => {
    do {
      while (ring.tryRead() === undefined) await ring.readable();
    } while (span.note());
  });
}
