import { assert, assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { damaged, QueueMemory } from "../../../lib/ipc/queue/queue_memory.ts";
import { word } from "../../../lib/ipc/ring/records.ts";
import { kind } from "../../../lib/ipc/ring/value.ts";
import { interleave } from "../../support/interleave.ts";

/** More than the atomic operations of any step. */
const MAX_OPERATIONS = 40;
const operations = ["load", "store", "compareExchange"] as const;

function open(maxItems: number, capacityBytes = 1_024): [QueueMemory, QueueMemory, Int32Array] {
  const memory = QueueMemory.allocate(capacityBytes, maxItems);
  return [memory, new QueueMemory(memory.buffer), new Int32Array(memory.buffer)];
}

function put(memory: QueueMemory, ...bytes: number[]) {
  return memory.tryPut({ kind: kind.bytes, bytes: new Uint8Array(bytes) });
}

function take(memory: QueueMemory): number[] | undefined {
  const taken = memory.tryTake();
  return taken && [...taken.content as Uint8Array];
}

Deno.test("the queue takes exactly maxItems messages, and one more for each that is taken", () => {
  const [memory, other] = open(3);
  for (let round = 0; round < 5; round++) {
    for (let item = 0; item < 3; item++) assertEquals(put(memory, item), undefined);
    assert("full" in put(memory, 9)!);
    assertEquals([memory.size, other.size], [3, 3]);
    assertEquals(take(other), [0]);
    assertEquals(put(memory, 3), undefined);
    assert("full" in put(other, 9)!);
    for (const item of [1, 2, 3]) assertEquals(take(memory), [item]);
    assertEquals([take(memory), memory.size], [undefined, 0]);
  }
});

Deno.test("counts hold where sequence numbers and positions wrap around", () => {
  for (const start of [-1, -2, 2 ** 31 - 2]) {
    const buffer = QueueMemory.allocate(1_024, 2).buffer;
    const words = new Int32Array(buffer);
    words[word.items] = words[word.head] = words[word.tail] = start;
    const memory = new QueueMemory(buffer);
    for (let round = 0; round < 4; round++) {
      for (const item of [1, 2]) assertEquals(put(memory, item), undefined);
      assert("full" in put(memory, 3)!);
      assertEquals(memory.size, 2);
      for (const item of [1, 2]) assertEquals(take(memory), [item]);
      assertEquals(memory.size, 0);
    }
  }
});

Deno.test("tryPut() reports the ticket of a lock that another thread keeps, and changes nothing", () => {
  const [memory, , words] = open(3);
  put(memory, 1);
  words[word.lock]! += 1;
  const ticket = words[word.lock]!;
  assertEquals(put(memory, 2), { busy: ticket });
  assertEquals(memory.putInProgress, { busy: ticket });
  assertEquals([memory.size, take(memory), take(memory)], [1, [1], undefined]);
});

Deno.test("tryPut() frees the lock whatever its outcome is", () => {
  const [memory, , words] = open(1);
  const lockIsFree = () => (words[word.lock]! & 1) === 0;
  put(memory, 1);
  assert(lockIsFree());
  put(memory, 2); // full
  assert(lockIsFree());
  assertThrows(() => put(memory, ...new Uint8Array(600)), DariError); // too long
  assert(lockIsFree());
  memory.close();
  assertThrows(() => put(memory, 3), DariError, "closed");
  assert(lockIsFree());
});

Deno.test("two producers never put into the same place, wherever one of them is interrupted", () => {
  for (let at = 0; at < MAX_OPERATIONS; at++) {
    const [memory, other] = open(10);
    let obstacle: unknown = "not called";
    const first = interleave(
      () => put(memory, 1),
      at,
      () => obstacle = put(other, 2),
      operations,
    );
    const expected = [first, obstacle].filter((outcome) => outcome === undefined).length;
    assertEquals(memory.size, expected);
    const taken = Array.from({ length: expected }, () => take(memory));
    assertEquals(new Set(taken.flat()).size, expected);
    assertEquals(take(memory), undefined);
  }
});

Deno.test("two consumers never take the same message, wherever one of them is interrupted", () => {
  for (let at = 0; at < MAX_OPERATIONS; at++) {
    const [memory, other] = open(10);
    for (const item of [1, 2]) put(memory, item);
    let second: number[] | undefined;
    const first = interleave(
      () => take(memory),
      at,
      () => {
        second = take(other);
        put(other, 3); // may lie where the first consumer reads
      },
      operations,
    );
    const taken = [first, second, take(memory), take(memory)].filter((item) => item !== undefined);
    assertEquals(taken.flat().toSorted(), second === undefined ? [1, 2] : [1, 2, 3]);
  }
});

Deno.test("retryCondition() is true once the obstacle is gone, and when the queue is closed", () => {
  const [memory, other, words] = open(1);
  put(memory, 1);
  const full = put(memory, 2)!;
  const forRoom = memory.retryCondition(full);
  assertEquals([forRoom.event === memory.space, forRoom.ready()], [true, false]);
  take(other);
  assertEquals(forRoom.ready(), true);

  words[word.lock]! += 1;
  const forLock = memory.retryCondition(put(memory, 2)!);
  assertEquals([forLock.event === memory.lock, forLock.ready()], [true, false]);
  words[word.lock]! += 1;
  assertEquals(forLock.ready(), true);

  words[word.lock]! += 1;
  const forNothing = memory.retryCondition(put(memory, 2)!);
  assertEquals(forNothing.ready(), false);
  other.close();
  assertEquals(forNothing.ready(), true);
});

Deno.test("a consumer wakes producers once half of the items and half of the room are free", () => {
  for (const [maxItems, bytes] of [[8, 1], [1_000, 100]] as const) {
    const [memory] = open(maxItems);
    while (put(memory, ...new Uint8Array(bytes)) === undefined);
    const total = memory.size;
    let wokenAt: number | undefined;
    while (memory.size > 0) {
      memory.space.waitSync(() => false, 0); // a producer announces its wait
      take(memory);
      if (!memory.space.awaited) wokenAt ??= memory.size;
    }
    assert(wokenAt !== undefined && wokenAt <= total / 2 && wokenAt >= total / 2 - 1);
  }
});

Deno.test("a damaged queue takes nothing more, and gives what was put before", () => {
  const [memory, other, words] = open(3);
  put(memory, 1);
  words[word.lock]! += 1; // its producer died
  other.damage();
  assertEquals([memory.closed, memory.damaged], [true, true]);
  assertEquals(memory.putInProgress, undefined);
  const error = assertThrows(() => put(memory, 2), DariError, "damaged");
  assertEquals([error.code, error.retryable], [damaged().code, false]);
  assertEquals([take(memory), take(memory)], [[1], undefined]);
});

Deno.test("a queue whose memory was written over becomes damaged", () => {
  const [memory] = open(3);
  put(memory, 1, 2, 3);
  new Uint8Array(memory.buffer).fill(0xff, 512);
  assertThrows(() => memory.tryTake(), DariError, "damaged");
  assertEquals(memory.damaged, true);
});

Deno.test("a record that cannot be read is no damage where another consumer was faster", () => {
  for (const step of ["tryTake", "size"] as const) {
    const [memory, , words] = open(3);
    put(memory, 1, 2, 3);
    if (step === "tryTake") new Uint8Array(memory.buffer).fill(0xff, 512);
    // The second look at the head is a read-modify-write: a load may come before what it guards.
    const taken = interleave(
      () => step === "size" ? memory.size : memory.tryTake(),
      0,
      () => words[word.head] = words[word.tail]!,
      ["add"],
    );
    assertEquals([taken, memory.damaged], [step === "size" ? 0 : undefined, false]);
  }
});

Deno.test("memory that holds no queue is refused", () => {
  assertThrows(() => new QueueMemory(new SharedArrayBuffer(2_048)), TypeError, "no queue");
  assertThrows(() => QueueMemory.allocate(10, 1), RangeError, "10 bytes");
});
