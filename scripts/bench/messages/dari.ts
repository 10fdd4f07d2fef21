/**
 * dari's queues as a contestant: in the store of this process, at a server, or by NATS.
 *
 * Arguments: `embedded`, `unix` or `nats`, and a directory.
 *
 * @module
 */

import { connect } from "../../../lib/endpoint/connect.ts";
import { EmbeddedQueues } from "../../../lib/messages/embedded/embedded_queues.ts";
import type { Queue } from "../../../lib/messages/queue/queue.ts";
import type { Topic } from "../../../lib/messages/topic/topic.ts";
import { EmbeddedTopics } from "../../../lib/messages/embedded/topics/embedded_topics.ts";
import { openSqliteStore } from "../../../lib/store/sqlite.ts";
import { type BenchQueue, type Body, carryOrders } from "./load.ts";
import { startCluster } from "./cluster.ts";
import { startServer } from "./server.ts";

const WAIT_MS = 1_000;

/** A queue of dari as the benchmark uses it. */
function benchQueue(queue: Queue<Body>, topic: Topic<Body>): BenchQueue {
  return {
    publish: (body) => topic.publish(body),
    subscribe(heard) {
      const feed = topic.subscribe();
      const reading = (async () => {
        for await (const _ of feed) heard();
      })();
      return async () => {
        await feed.return();
        await reading;
      };
    },
    put: (body) => queue.put(body),
    fill: (bodies) => queue.putMany(bodies.map((value) => ({ value }))),
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
  const about = { version: `Deno ${Deno.version.deno}`, hasTopics: true };
  if (form === "embedded") {
    await using store = await openSqliteStore(`${directory}/dari.db`);
    await using queues = new EmbeddedQueues(store);
    await using topics = new EmbeddedTopics(queues);
    return await carryOrders(
      { ...about, pids: [] },
      (name) => benchQueue(queues.queue<Body>(name), topics.topic<Body>(name)),
    );
  }
  if (form === "nats") {
    await using cluster = await startCluster(directory!);
    const { queues, topics, pid, version } = cluster;
    return await carryOrders(
      { ...about, version: `${about.version}, nats-server ${version}`, pids: [pid] },
      (name) => benchQueue(queues.queue<Body>(name), topics.topic<Body>(name)),
    );
  }
  await using server = await startServer(directory!);
  await using client = await connect(server.address);
  await carryOrders(
    { ...about, pids: [server.pid] },
    (name) => benchQueue(client.queue<Body>(name), client.topic<Body>(name)),
  );
}

if (import.meta.main) await main(Deno.args);
