import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { DariError } from "../../../lib/base/errors.ts";
import { Queue } from "../../../lib/ipc/mod.ts";
import { turn } from "../../../lib/base/turn.ts";

Deno.test("values are given out in the order of the calls of get, awaited or not", async () => {
  const steps = fc.constantFrom("get", "getMany", "tryGet", "put", "turn");
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 40 }), async (plan) => {
      const queue = Queue.create<number>();
      const got: (number | undefined | Promise<number | undefined>)[] = [];
      let count = 0;
      for (const step of plan) {
        if (step === "turn") await turn();
        else if (step === "get") got.push(queue.get({ timeoutMs: 5_000 }));
        else if (step === "getMany") {
          got.push(queue.getMany(1, { timeoutMs: 5_000 }).then(([value]) => value));
        } else if (step === "put") queue.tryPut(count++);
        else {
          const value = queue.tryGet();
          if (value !== undefined) got.push(value);
        }
      }
      while (count < got.length) queue.tryPut(count++);
      assertEquals(await Promise.all(got), got.map((_, place) => place));
    }),
    { numRuns: 100 },
  );
});

Deno.test("a get that gives up leaves its turn to the next one, and a blocking one waits for nobody", async () => {
  const queue = Queue.create<number>();
  const aborting = new AbortController();
  const [late, aborted, next] = [
    queue.get({ timeoutMs: 1 }),
    queue.get({ signal: aborting.signal }),
    queue.get(),
  ];
  await assertRejects(() => late, DariError, "within 1 ms");
  aborting.abort(new Error("enough"));
  await assertRejects(() => aborted, Error, "enough");
  queue.tryPut(1);
  assertEquals(queue.tryGet(), undefined); // it is promised to `next`
  assertEquals(await next, 1);
  const waiting = queue.get();
  queue.tryPut(2);
  assertEquals(queue.getSync(0), 2);
  queue.tryPut(3);
  assertEquals(await waiting, 3);
  const ends = [queue.get(), queue.get()];
  queue.close();
  assertEquals(await Promise.all(ends), [undefined, undefined]);
});
