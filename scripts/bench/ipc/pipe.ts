/**
 * The pipe, and what the platform gives for its job: postMessage.
 *
 * @module
 */

import { pipe } from "../../../lib/ipc/mod.ts";
import { carryRounds, type Span } from "./round.ts";
import { startWorker } from "./start_worker.ts";

/** One value there and back at a time. */
export async function pipeRoundTrips(): Promise<void> {
  const [end, other] = pipe();
  await startWorker({ play: "echo a pipe", end: other.transfer() });
  await carryRounds(async (span) => {
    let id = 0;
    do {
      await end.send({ id: ++id });
      const answer = await end.receive() as { id: number };
      if (answer.id !== id) throw new Error(`sent ${id}, received ${answer.id}`);
    } while (span.note());
  });
}

/** 100 bytes as fast as they come. */
export async function pipeFlood(): Promise<void> {
  const [end, other] = pipe();
  await startWorker({ play: "flood a pipe", end: other.transfer() });
  await carryRounds(async (span) => {
    do await end.receive(); while (span.note());
  });
}

/** One value there and back at a time, by postMessage. */
export async function postMessageRoundTrips(): Promise<void> {
  const worker = await startWorker({ play: "echo messages" });
  await carryRounds((span) => {
    let id = 0;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    worker.onmessage = ({ data }) => {
      if (data.id !== id) reject(new Error(`sent ${id}, received ${data.id}`));
      else if (span.note()) worker.postMessage({ id: ++id });
      else resolve();
    };
    worker.postMessage({ id: ++id });
    return promise;
  });
}

/** 100 bytes as fast as they come, by postMessage: counted is what arrives, not what is posted. */
export async function postMessageFlood(): Promise<void> {
  await carryRounds(async (span: Span) => {
    const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    const worker = await startWorker({ play: "flood messages", stop });
    await new Promise<void>((resolve) => {
      worker.onmessage = () => {
        if (!span.note()) resolve();
      };
    });
    Atomics.store(new Int32Array(stop), 0, 1);
    worker.terminate();
  });
}
