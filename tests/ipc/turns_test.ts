/**
 * A loop over memory that never runs empty, or whose next message is found by a look each time, keeps
 * no timer and no socket waiting.
 */

import { setImmediate } from "node:timers";
import { assert } from "@std/assert";
import { pipe, Queue, Ring, SharedMemory } from "../../lib/ipc/mod.ts";
import { SharedEvent } from "../../lib/ipc/wait/event.ts";
import { memoryPair } from "../../lib/transport/memory.ts";

const ROUNDS = 256;
const MESSAGE = new Uint8Array(8);

/** The tests' clock; it never goes back, as the clock that it stands for. */
let time = 0;

/** Awaits `step` again and again, on a clock that goes on by `stepMs` whenever it is read. */
async function hasTurned(
  step: () => Promise<unknown>,
  stepMs: number,
  onRead?: () => void,
): Promise<boolean> {
  const { now } = performance;
  time = Math.max(time, performance.now());
  performance.now = () => {
    onRead?.();
    return time += stepMs;
  };
  let turned = false;
  try {
    setImmediate(() => turned = true);
    for (let round = 0; round < ROUNDS && !turned; round++) await step();
    return turned;
  } finally {
    performance.now = now;
  }
}

/** Memory that a test has to itself. */
function sharedMemory(): SharedMemory {
  const memory = SharedMemory.create(crypto.randomUUID(), 64, { scope: "workers" });
  memory.unlink(); // others cannot open it any more
  return memory;
}

/** What never waits: everything is there, or finds room. */
const loops: Record<string, () => () => Promise<unknown>> = {
  "PipeEnd.send()": () => {
    const [here] = pipe();
    return () => here.send(1);
  },
  "PipeEnd.receive()": () => {
    const [here, there] = pipe();
    for (let round = 0; round < ROUNDS; round++) void here.send(1);
    return () => there.receive();
  },
  "a pipe's connection": () => {
    const [here, there] = pipe();
    const [near, far] = [here.connection(), there.connection()];
    return async () => {
      await near.send("line\n");
      await far.receive();
    };
  },
  "Ring.write()": () => {
    const ring = Ring.create();
    return () => ring.write(MESSAGE);
  },
  "Ring.read()": () => {
    const ring = Ring.create();
    for (let round = 0; round < ROUNDS; round++) ring.tryWrite(MESSAGE);
    return () => ring.read();
  },
  "Queue.put()": () => {
    const queue = Queue.create();
    return () => queue.put(1);
  },
  "Queue.get()": () => {
    const queue = Queue.create();
    for (let round = 0; round < ROUNDS; round++) queue.tryPut(1);
    return () => queue.get();
  },
  "Queue.getMany()": () => {
    const queue = Queue.create();
    for (let round = 0; round < ROUNDS; round++) queue.tryPut(1);
    return () => queue.getMany(1);
  },
  "for await over a queue": () => {
    const queue = Queue.create();
    for (let round = 0; round < ROUNDS; round++) queue.tryPut(1);
    const values = queue[Symbol.asyncIterator]();
    return () => values.next();
  },
  "SharedMemory.read()": () => {
    const memory = sharedMemory();
    memory.write(1);
    return () => memory.read();
  },
  "SharedMemory.changed()": () => {
    const memory = sharedMemory();
    const { version } = memory;
    memory.write(1);
    return () => memory.changed(version);
  },
  "a pair in memory": () => {
    const [left, right] = memoryPair();
    return async () => {
      const sent = left.send("line\n");
      await right.receive();
      await sent;
    };
  },
};

for (const [name, prepare] of Object.entries(loops)) {
  Deno.test(`a loop of ${name} gives the event loop its turn`, async () => {
    assert(await hasTurned(prepare(), 0.3), `no turn in ${ROUNDS} rounds`);
  });
}

// With one core nobody looks.
const ignore = navigator.hardwareConcurrency < 2;

Deno.test({
  name: "a loop of receive() whose messages are found by a look gives the event loop its turn",
  ignore,
  async fn() {
    const [here, there] = pipe();
    // Whoever looks reads the clock: meanwhile the other side sends, as another thread might.
    let isLooking = false;
    const arrive = () => {
      if (!isLooking) return;
      isLooking = false;
      void here.send(1);
    };
    const step = () => {
      isLooking = true;
      return there.receive();
    };
    assert(await hasTurned(step, 0.002, arrive), `no turn in ${ROUNDS} rounds`);
  },
});

Deno.test({
  name: "a loop of waits whose second look finds something gives the event loop its turn",
  ignore,
  async fn() {
    const event = new SharedEvent(new Int32Array(new SharedArrayBuffer(8)), 0);
    const step = () => {
      let looks = 0;
      return event.wait(() => ++looks === 2);
    };
    assert(await hasTurned(step, 0.002), `no turn in ${ROUNDS} rounds`);
  },
});
