import { assertEquals, assertRejects } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { resumed, type ResumeOptions, type Try } from "../../../lib/cli/transfer/resume.ts";

const cut = () => new TransportError("unavailable", "the connection broke");

/** Options with a time of their own, in which pauses take nothing. */
function options(changes: Partial<ResumeOptions> = {}) {
  const broken: string[] = [];
  return {
    broken,
    method: "upload",
    timeoutMs: 1_000,
    signal: new AbortController().signal,
    onBroken: ({ message }: DariError) => void broken.push(message),
    now: () => 0,
    random: () => 0,
    ...changes,
  };
}

Deno.test("a call is made again after a cut where it may be, and each cut in a row is told once", async () => {
  const given = options();
  let tries = 0;
  const act = (attempt: Try): Promise<string> => {
    attempt.isRepeatable = true;
    if (++tries === 3) attempt.progressed();
    return tries < 5 ? Promise.reject(cut()) : Promise.resolve("done");
  };
  assertEquals([await resumed(act, given), tries], ["done", 5]);
  assertEquals(given.broken.length, 2);
});

Deno.test("a call is not made again where it may not be, or was not cut", async () => {
  const cases: [isRepeatable: boolean, error: Error][] = [
    [false, cut()],
    [true, new DariError("invalid_params", "no")],
    [true, new DariError("deadline_exceeded", "no")],
    [true, new DariError("unavailable", "closed", { retryable: false })],
    [true, new Error("no")],
  ];
  for (const [isRepeatable, error] of cases) {
    let tries = 0;
    const act = (attempt: Try) => {
      tries++;
      attempt.isRepeatable = isRepeatable;
      return Promise.reject(error);
    };
    await assertRejects(() => resumed(act, options()), Error, error.message);
    assertEquals(tries, 1);
  }
});

Deno.test("a call that was repeatable stays so when the next try does not even connect", async () => {
  let tries = 0;
  const act = (attempt: Try) => {
    if (++tries === 1) attempt.isRepeatable = true;
    return tries < 3 ? Promise.reject(cut()) : Promise.resolve(tries);
  };
  assertEquals(await resumed(act, options()), 3);
});

Deno.test("tries end with the deadline, which begins again when something arrives", async () => {
  let nowMs = 0;
  const left: number[] = [];
  const act = (attempt: Try) => {
    left.push(attempt.leftMs);
    attempt.isRepeatable = true;
    if (left.length === 2) attempt.progressed();
    nowMs += 600;
    return Promise.reject(cut());
  };
  await assertRejects(() => resumed(act, options({ now: () => nowMs })), TransportError);
  assertEquals(left, [1_000, 400, 400]);
});

Deno.test("a signal ends the pause between two tries", async () => {
  const controller = new AbortController();
  const act = (attempt: Try) => {
    attempt.isRepeatable = true;
    return Promise.reject(cut());
  };
  const given = options({
    signal: controller.signal,
    random: () => 0.9,
    onBroken: () => queueMicrotask(() => controller.abort()),
  });
  const error = await assertRejects(() => resumed(act, given), DariError);
  assertEquals(error.code, "cancelled");
});
