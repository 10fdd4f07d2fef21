import { assertEquals } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { acceptAll, type Acceptor, longerPause } from "../../lib/transport/accept.ts";

/** Gives what each step says, and then waits for ever. */
function scripted<T>(steps: (() => T)[]): Acceptor<T> {
  return {
    accept(): Promise<T> {
      const step = steps.shift();
      return step === undefined ? new Promise(() => {}) : Promise.try(step);
    },
  };
}

const fail = () => {
  throw new Error("out of descriptors");
};

Deno.test("acceptAll() goes on after a failure, and ends when its signal has aborted", async () => {
  const closing = new AbortController();
  const end = () => {
    closing.abort();
    throw new Deno.errors.BadResource();
  };
  const acceptor = scripted([fail, () => 1, () => 2, end]);
  assertEquals(await Array.fromAsync(acceptAll(acceptor, closing.signal)), [1, 2]);
});

Deno.test("acceptAll() ends when its acceptor is gone", async () => {
  const gone = () => {
    throw new Deno.errors.BadResource();
  };
  const { signal } = new AbortController();
  assertEquals(await Array.fromAsync(acceptAll(scripted([() => 1, gone]), signal)), [1]);
});

Deno.test("acceptAll() ends its pause when its signal aborts", async () => {
  const closing = new AbortController();
  const accepting = acceptAll(scripted([fail, () => 1]), closing.signal).next();
  closing.abort();
  assertEquals((await accepting).done, true);
});

Deno.test("longerPause() doubles a pause up to its bound", () => {
  const pauses: number[] = [limits.acceptRetryMs];
  for (let n = 0; n < 20; n++) pauses.push(longerPause(pauses.at(-1) ?? 0));
  assertEquals(pauses.slice(0, 4), [10, 20, 40, 80]);
  assertEquals(pauses.slice(-2), Array(2).fill(limits.maxAcceptRetryMs));
});
