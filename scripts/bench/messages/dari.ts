/**
 * dari's queues as a contestant: in the store of this process, or at a server.
 *
 * Arguments: `embedded` or `unix`, and a directory.
 *
 * @module
 */

import { connect } from "../../../lib/endpoint/connect.ts";
import { EmbeddedQueues } from "../../../lib/messages/embedded/embedded_queues.ts";
import type { Queue } from "../../../lib/messages/queue/queue.ts";
import { queueOf } from "../../../lib/messages/wire/remote_queues.ts";
import { openSqliteStore } from "../../../lib/store/sqlite.ts";
import { type BenchQueue, type Body, carryOrders } from "./load.ts";
import { startServer } from "./server.ts";

const WAIT_MS = 1_000;

/** A queue of dari as the benchmark uses it. */
function benchQueue(queue: Queue<Body>): BenchQueue {
  return {
    put: (body) => queue.put(body),
    fill: (bodies) => queue.putAll(bodies.map((value) => ({ value }))),
    work(lanes, handle, done) {
      let isOver = false;
      const loops = Array.from({ length: lanes }, async () => {
        while (!isOver) {
          const message = await queue.take({ waitMs: WAIT_MS });
          if (message === null) continue;
          handle(message.value);
          await message.ack();
          done();
        }
      });
      return Promise.resolve(() => {
        isOver = true;
        return Promise.all(loops);
      });
    },
  };
}

async function main([form, directory]: string[]): Promise<void> {
  const version = `Deno ${Deno.version.deno}`;
  if (form === "embedded") {
    await using store = await openSqliteStore(`${directory}/dari.db`);
    await using queues = new EmbeddedQueues(store);
    return await carryOrders(
      { pids: [], version },
      (name) => benchQueue(queues.queue<Body>(name)),
    );
  }
  await using server = await startServer(directory!);
  await using client = await connect(server.address);
  await carryOrders(
    { pids: [server.pid], version },
    (name) => benchQueue(queueOf<Body>(client, name)),
  );
}

if (import.meta.main) await main(Deno.args);
