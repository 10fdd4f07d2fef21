import { assert, assertEquals } from "@std/assert";
import { DariError } from "../../lib/base/errors.ts";
import { pipe, Queue, Ring } from "../../lib/ipc/mod.ts";
import { startWorker } from "../support/ipc_worker.ts";

/** Every message holds its number in each of its words, so that a torn one shows. */
const writer = `
  import { openPipe, Queue, Ring } from "LIB/mod.ts";
  const message = new Int32Array(64);
  const bytes = new Uint8Array(message.buffer);
  self.onmessage = async ({ data }) => {
    const send = {
      ring: () => { const ring = Ring.open(data.memory); return () => ring.write(bytes); },
      queue: () => { const queue = Queue.open(data.memory); return () => queue.put(bytes); },
      pipe: () => { const end = openPipe(data.memory); return () => end.send(bytes); },
    }[data.kind]();
    for (let number = 0;; number++) {
      message.fill(number);
      await send();
    }
  };`;

function numberOf(message: Uint8Array): number {
  const words = new Int32Array(message.slice().buffer);
  assertEquals(words.length, 64);
  assert(words.every((word) => word === words[0]), "a message was torn");
  return words[0]!;
}

/** Takes what has come whole, after the writer was ended in the middle of its work. */
async function assertWhole(take: () => Promise<Uint8Array | undefined>, from: number) {
  for (let next = from;; next++) {
    const message = await take();
    if (message === undefined) return;
    assertEquals(numberOf(message), next);
  }
}

for (const after of [1, 10, 500, 3_000]) {
  Deno.test(`a ring whose writer was terminated after ${after} messages holds whole ones only`, async () => {
    const ring = Ring.create({ capacityBytes: 1 << 14 });
    const { worker } = startWorker(writer);
    worker.postMessage({ kind: "ring", memory: ring.buffer });
    for (let next = 0; next < after; next++) assertEquals(numberOf((await ring.read())!), next);
    worker.terminate();
    ring.cancel();
    await assertWhole(() => Promise.resolve(ring.tryRead()), after);
  });

  Deno.test(`a queue whose producer was terminated after ${after} messages goes on, or says it is damaged`, async () => {
    const queue = Queue.create<Uint8Array>({ capacityBytes: 1 << 14 });
    const { worker } = startWorker(writer);
    worker.postMessage({ kind: "queue", memory: queue.buffer });
    for (let next = 0; next < after; next++) assertEquals(numberOf((await queue.get())!), next);
    worker.terminate();
    // Whatever it had put is whole and in order. Then the queue takes the next value; or it has
    // been left locked, and says so.
    const last = new Uint8Array([255]);
    const take = async () => {
      const value = await queue.get();
      return value?.length === 1 ? undefined : value;
    };
    try {
      const put = queue.put(last);
      await assertWhole(take, after);
      await put;
    } catch (error) {
      assert(error instanceof DariError && error.message.includes("damaged"), String(error));
    }
  });

  Deno.test(`a pipe whose other end was terminated after ${after} messages ends with whole ones`, async () => {
    const [here, there] = pipe({ capacityBytes: 1 << 14 });
    const { worker } = startWorker(writer);
    worker.postMessage({ kind: "pipe", memory: there.transfer() });
    let next = 0;
    let gone: unknown;
    try {
      for await (const message of here) {
        assertEquals(numberOf(message as Uint8Array), next++);
        if (next === after) worker.terminate();
      }
    } catch (error) {
      gone = error;
    }
    assert(next >= after);
    assert(gone instanceof DariError && gone.code === "unavailable", String(gone));
    here.close();
  });
}
