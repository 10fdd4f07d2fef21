import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { Queue } from "../../../lib/ipc/mod.ts";
import { interleave } from "../../support/interleave.ts";

/** More than the loads of any step below. */
const MAX_LOADS = 24;

Deno.test("put() goes on after the last value was taken, at whatever moment that was", async () => {
  for (const options of [{ maxItems: 1 }, { capacityBytes: 1_024 }]) {
    for (let at = 0; at < MAX_LOADS; at++) {
      const queue = Queue.create<string>(options);
      const consumer = Queue.open<string>(queue.buffer);
      const value = "x".repeat(250);
      while (queue.tryPut(value)); // full
      const put = interleave(
        () => queue.put(value, { signal: AbortSignal.timeout(2_000) }),
        at,
        () => {
          while (consumer.tryGet() !== undefined);
        },
      );
      while (consumer.tryGet() !== undefined);
      await put;
      assertEquals(queue.size <= 1, true);
    }
  }
});

Deno.test("a queue that is opened while others use it begins at a value that is there", () => {
  for (let at = 0; at < MAX_LOADS; at++) {
    const queue = Queue.create<number>();
    for (let value = 0; value < 3; value++) queue.tryPut(value);
    const opened = interleave(() => Queue.open<number>(queue.buffer), at, () => {
      for (let value = 3; value < 6; value++) queue.tryPut(value);
      for (let value = 0; value < 6; value++) assertEquals(queue.tryGet(), value);
    });
    if (at > 1) { for (let value = 0; value < 6; value++) queue.tryGet(); }
    assertEquals(opened.tryGet(), undefined);
    queue.tryPut(6);
    assertEquals(opened.tryGet(), 6);
  }
});

Deno.test("close() in the middle of a put loses nothing: it is refused, or consumers wait for it", () => {
  const outcomes = new Set<string>();
  for (let at = 0; at < MAX_LOADS; at++) {
    const queue = Queue.create<number>();
    const closer = Queue.open<number>(queue.buffer);
    let seen: unknown = "nothing";
    let isPut = true;
    try {
      interleave(() => queue.tryPut(1), at, () => {
        closer.close();
        try {
          seen = closer.getSync(1);
        } catch (error) {
          seen = (error as DariError).code;
        }
      });
    } catch (error) {
      isPut = false;
      assertEquals((error as DariError).code, "unavailable");
    }
    outcomes.add(`${seen} ${isPut}`);
    closer.close();
    if (isPut && seen !== 1) assertEquals(closer.getSync(), 1);
    // The end was told only where the put was refused.
    if (seen === undefined) assertEquals(isPut, false);
    assertEquals(closer.getSync(), undefined);
    assertThrows(() => queue.tryPut(2), DariError, "closed");
  }
  assertEquals(outcomes.has("deadline_exceeded true"), true);
});
