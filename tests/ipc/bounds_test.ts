import { assertEquals, assertThrows } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { Queue, Ring, SharedMemory, type SharedMemoryScope } from "../../lib/ipc/mod.ts";
import { settingsOf } from "../../lib/ipc/pool/options.ts";
import { MAX_WORKERS } from "../../lib/ipc/pool/wire/slots.ts";

const module = "data:text/javascript,export const echo = (value) => value;";
const scope: SharedMemoryScope = "workers";
const newName = () => `dari_test_${crypto.randomUUID()}`;

/** What may be given, and what is one beyond. Memory that nobody touches costs nothing. */
const bounds: [what: string, use: (value: number) => unknown, lowest: number, highest: number][] = [
  [
    "room of a ring",
    (capacityBytes) => Ring.create({ capacityBytes }),
    limits.minRingBytes,
    limits.maxRingBytes,
  ],
  [
    "room of a queue",
    (capacityBytes) => Queue.create({ capacityBytes, maxItems: 1 }),
    limits.minRingBytes,
    limits.maxRingBytes,
  ],
  ["items of a queue", (maxItems) => Queue.create({ maxItems }), 1, limits.maxQueueItems],
  [
    "size of a shared memory",
    (size) => SharedMemory.create(newName(), size, { scope }),
    limits.minSharedMemoryBytes,
    limits.maxSharedMemoryBytes,
  ],
  ["workers of a pool", (workers) => settingsOf({ module, workers }), 1, MAX_WORKERS],
];

for (const [what, use, lowest, highest] of bounds) {
  Deno.test(`the ${what} may be ${lowest} to ${highest}, and nothing beyond`, () => {
    for (const value of [lowest, highest]) use(value);
    for (const value of [lowest - 1, highest + 1, NaN, Infinity, -Infinity]) {
      assertThrows(() => use(value), RangeError, String(value));
    }
  });
}

Deno.test("counts and sizes are whole numbers", () => {
  assertThrows(() => Queue.create({ maxItems: 1.5 }), RangeError, "1.5");
  assertThrows(() => SharedMemory.create(newName(), 64.5, { scope }), RangeError, "64.5");
  assertThrows(() => settingsOf({ module, workers: 1.5 }), RangeError, "1.5");
});

Deno.test("the options of a pool have their defaults", () => {
  assertEquals(settingsOf({ module }), {
    module,
    workers: navigator.hardwareConcurrency,
    maxQueueLength: limits.poolQueueLength,
    encoding: "json",
    maxMessageBytes: limits.maxMessageBytes,
    graceMs: limits.poolGraceMs,
  });
});

Deno.test("a ring and a queue have their defaults", () => {
  const room = (buffer: SharedArrayBuffer) => buffer.byteLength - 512; // the control words
  assertEquals(room(Ring.create().buffer), limits.ringBytes);
  const queue = Queue.create<number>();
  assertEquals(room(queue.buffer), limits.queueBytes);
  for (let item = 0; item < limits.queueItems; item++) queue.tryPut(item);
  assertEquals([queue.size, queue.tryPut(-1)], [limits.queueItems, false]);
});
