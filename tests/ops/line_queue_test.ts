import { assertEquals } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { LineQueue, type LineWriter } from "../../lib/ops/line_queue.ts";

/** A place that takes bytes only when the test says so. */
class SlowPlace implements LineWriter {
  text = "";
  #next: PromiseWithResolvers<void> | undefined;
  #open = false;

  async write(bytes: Uint8Array): Promise<number> {
    if (!this.#open) {
      this.#next = Promise.withResolvers<void>();
      await this.#next.promise;
    }
    this.text += new TextDecoder().decode(bytes);
    return bytes.length;
  }

  open(): void {
    this.#open = true;
    this.#next?.resolve();
  }
}

const lineOfDropped = (count: number) => `${count} dropped`;

Deno.test("lines are written in their order, each with an LF", async () => {
  const place = new SlowPlace();
  place.open();
  const queue = new LineQueue(place, lineOfDropped);
  for (const line of ["a", "b", "다리"]) queue.add(line);
  await queue.flush(Infinity);
  assertEquals(place.text, "a\nb\n다리\n");
});

Deno.test("lines beyond the bound are dropped, and their number is written behind the others", async () => {
  const place = new SlowPlace();
  const queue = new LineQueue(place, lineOfDropped, { maxBytes: 6 });
  for (const line of ["ab", "cd", "e", "f"]) queue.add(line); // the first two have six bytes
  place.open();
  await queue.flush(Infinity);
  queue.add("gh");
  await queue.flush(Infinity);
  assertEquals(place.text, "ab\ncd\n2 dropped\ngh\n");
});

Deno.test("a queue holds a mebibyte of lines", async () => {
  const place = new SlowPlace();
  const queue = new LineQueue(place, lineOfDropped);
  queue.add("x".repeat(limits.maxLogQueueBytes - 1));
  queue.add("");
  place.open();
  await queue.flush(Infinity);
  assertEquals(place.text.length, limits.maxLogQueueBytes + "1 dropped\n".length);
});

Deno.test("a line of which a part was written goes on behind a failure", async () => {
  let text = "";
  const answers = [3, new Error("no space"), 0, 2, new Error("again"), 100];
  const queue = new LineQueue(
    {
      write(bytes) {
        const answer = answers.shift() ?? 100;
        if (typeof answer !== "number") return Promise.reject(answer);
        text += new TextDecoder().decode(bytes.subarray(0, answer));
        return Promise.resolve(Math.min(answer, bytes.length));
      },
    },
    lineOfDropped,
    { retryMs: 0 },
  );
  queue.add("abcdefgh");
  queue.add("i");
  await queue.flush(10_000);
  assertEquals(text, "abcdefgh\ni\n");
});

Deno.test("flush() waits no longer than it may for a place that takes nothing", async () => {
  const queue = new LineQueue(new SlowPlace(), lineOfDropped);
  queue.add("a");
  await queue.flush(1);
});

Deno.test("lines that wait are written together, whole ones up to the bound of a batch", async () => {
  const batches: string[] = [];
  const place = new SlowPlace();
  const write = async (bytes: Uint8Array) => {
    const text = new TextDecoder().decode(bytes);
    const count = await place.write(bytes);
    batches.push(text);
    return count;
  };
  const queue = new LineQueue({ write }, lineOfDropped, { batchBytes: 6 });
  for (const line of ["a", "bc", "de", "f", "too long for one"]) queue.add(line);
  place.open();
  await queue.flush(Infinity);
  assertEquals(batches, ["a\n", "bc\nde\n", "f\n", "too long for one\n"]);
});

Deno.test("a queue that is given up says how many lines were not written, and takes no more", async () => {
  const queue = new LineQueue(
    { write: () => Promise.reject(new Error("no space")) },
    lineOfDropped,
    { maxBytes: 6, retryMs: 0 },
  );
  for (const line of ["a", "b", "c", "dropped"]) queue.add(line);
  assertEquals(queue.unwritten, 4);
  queue.abandon();
  queue.add("e");
  await queue.flush(10_000);
  assertEquals(queue.unwritten, 2);
});
