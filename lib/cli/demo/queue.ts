import { Queue } from "../../ipc/mod.ts";
import type { Scene } from "./scene.ts";

/** What the producer puts. */
export interface Item {
  readonly id: number;
  readonly value: string;
}

/** A producer and a consumer on two threads, with a queue that holds ten between them. */
export const scene: Scene = {
  title: { en: "Queue", ko: "큐" },
  async play(stage) {
    const queue = Queue.create<Item>({ maxItems: 10 });
    const producer = new Worker(new URL("./queue_producer.ts", import.meta.url), {
      type: "module",
    });
    const failed = Promise.withResolvers<never>();
    producer.onerror = (event) => {
      event.preventDefault();
      failed.reject(new Error(event.message));
    };
    producer.postMessage(queue.buffer);
    try {
      await Promise.race([consume(queue, stage.show), failed.promise]);
    } finally {
      producer.terminate();
    }
  },
};

async function consume(
  queue: Queue<Item>,
  show: (what: { en: string; ko: string }, outcome: unknown) => void,
): Promise<void> {
  for await (const item of queue) show({ en: "took", ko: "꺼냄" }, item);
  show({ en: "the producer closed the queue", ko: "생산자가 큐를 닫음" }, "end");
}
