import { Queue } from "../../ipc/mod.ts";
import { asProgram, type Scene, type Stage } from "./scene.ts";

/** What the producer puts. */
export interface Item {
  readonly id: number;
  readonly value: string;
}

/** A producer and a consumer on two threads, with a queue that holds ten between them. */
export const scene: Scene = {
  title: { en: "Queue", ko: "큐" },
  code: `const queue = Queue.create({ maxItems: 10 });
const file = import.meta.resolve("./child.ts");
const producer = new Worker(file, { type: "module" });
producer.postMessage(queue.buffer);
for await (const item of queue) console.log(item);`,
  tryIt: asProgram(
    "Queue",
    `  addEventListener("message", async ({ data }) => {
    const queue = Queue.open(data);
    for (let id = 0; id < 5; id++) await queue.put({ id });
    queue.close();
  });`,
  ),
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
    producer.postMessage({ buffer: queue.buffer, language: stage.language });
    try {
      await Promise.race([consume(queue, stage), failed.promise]);
    } finally {
      producer.terminate();
    }
  },
};

async function consume(
  queue: Queue<Item>,
  stage: Stage,
): Promise<void> {
  for await (const item of queue) stage.show({ en: "took", ko: "꺼냄" }, item);
  const end = { en: "the end", ko: "끝" }[stage.language];
  stage.show({ en: "the producer closed the queue", ko: "생산자가 큐를 닫음" }, end);
}
