import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { turn } from "../../../lib/base/turn.ts";
import { type WorkerOptions, workOn } from "../../../lib/messages/queue/worker.ts";

/** A message that notes how it is answered. */
function message(answers: string[], leaseMs: number, extend = () => Promise.resolve()) {
  return {
    leaseMs,
    ack: () => Promise.resolve(void answers.push("ack")),
    nack: ({ reason = "", dead = false } = {}) => {
      answers.push(`nack ${reason} ${dead}`);
      return Promise.resolve({ isDead: dead });
    },
    extend: () => {
      answers.push("extend");
      return extend();
    },
  };
}

/** Works on some messages and stops when there are no more. */
async function workThrough<M extends ReturnType<typeof message>>(
  messages: M[],
  handle: (message: M, signal: AbortSignal) => unknown,
  options: Partial<WorkerOptions> = {},
) {
  const stop = new AbortController();
  await workOn(
    () => {
      const next = messages.shift();
      if (next !== undefined) return Promise.resolve([next]);
      stop.abort();
      return Promise.resolve([]);
    },
    handle,
    { onError: () => {}, ...options, signal: stop.signal },
  );
}

Deno.test("a worker extends the lease while its handler is at work, and not afterwards", async () => {
  const answers: string[] = [];
  const extended = Promise.withResolvers<void>();
  const one = message(answers, 2, () => Promise.resolve(extended.resolve()));
  await workThrough([one], () => extended.promise);
  assertEquals(answers.filter((each) => each !== "extend"), ["ack"]);
  assertEquals(answers.at(-1), "ack");
});

Deno.test("a handler whose lease is lost is told, and its message is not answered", async () => {
  const answers: string[] = [];
  const lost = new DariError("failed_precondition", "the lease has ended", { retryable: false });
  const reasons: unknown[] = [];
  await workThrough(
    [message(answers, 2, () => Promise.reject(lost))],
    (_, signal) =>
      new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => {
          reasons.push(signal.reason);
          resolve();
        });
      }),
  );
  assertEquals([answers, reasons], [["extend"], [lost]]);
});

Deno.test("a handler that answers its message itself is left alone, also when it throws then", async () => {
  const answers: string[] = [];
  await workThrough([message(answers, 60_000), message(answers, 60_000)], async (each) => {
    await each.ack();
    throw new Error("after it");
  });
  assertEquals(answers, ["ack", "ack"]);
});

Deno.test("a take that may succeed later is made again, and one that may not ends the work", async () => {
  let takes = 0;
  const failed: string[] = [];
  const stop = new AbortController();
  const take = () => {
    if (++takes === 1) {
      return Promise.reject(new DariError("unavailable", "restarting", { retryAfterMs: 1 }));
    }
    return Promise.reject(new DariError("permission_denied", "You may not"));
  };
  const onError = (error: unknown) => void failed.push((error as Error).message);
  await assertRejects(
    () => workOn(take, () => {}, { signal: stop.signal, onError, concurrency: 1 }),
    DariError,
    "You may not",
  );
  assertEquals([takes, failed], [2, ["restarting"]]);
});

Deno.test("a worker refuses a concurrency that is no whole number above 0", async () => {
  for (const concurrency of [0, -1, 0.5, NaN]) {
    const { signal } = new AbortController();
    await assertRejects(
      () => workOn(() => Promise.resolve([]), () => {}, { signal, concurrency }),
      RangeError,
    );
  }
});

Deno.test("a worker handles workerConcurrency messages at once unless it is told otherwise", async () => {
  for (const concurrency of [undefined, 3]) {
    let [running, most] = [0, 0];
    const messages = Array.from({ length: 6 }, () => message([], 60_000));
    await workThrough(messages, async () => {
      most = Math.max(most, ++running);
      await turn();
      running--;
    }, { concurrency });
    assertEquals(most, concurrency ?? limits.workerConcurrency);
  }
});
