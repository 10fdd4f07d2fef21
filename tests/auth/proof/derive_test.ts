import { assertEquals, assertRejects } from "@std/assert";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import { createDerivationQueue, pbkdf2 } from "../../../lib/auth/proof/derive.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { testVectors, type Wycheproof } from "../../support/vectors.ts";

testVectors<
  Wycheproof<
    object,
    { password: string; salt: string; iterationCount: number; dkLen: number; dk: string }
  >
>(
  "pbkdf2() gives Wycheproof's keys",
  "pbkdf2_hmacsha256_test.json",
  async ({ testGroups }) => {
    for (const test of testGroups.flatMap((group) => group.tests)) {
      const { password, salt, iterationCount, dkLen, dk } = test;
      const key = await pbkdf2(decodeHex(password), decodeHex(salt), iterationCount, dkLen);
      assertEquals(encodeHex(key), dk, `case ${test.tcId}`);
    }
  },
);

Deno.test("a derivation queue runs a few, lets some wait, and refuses the rest", async () => {
  const queue = createDerivationQueue({ running: 2, waiting: 3 });
  let running = 0;
  let most = 0;
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const results = Array.from({ length: 8 }, () =>
    queue.run(async () => {
      most = Math.max(most, ++running);
      await gate;
      running--;
    }).then(() => "done", (error) => (error as DariError).code));
  open();
  const counts = Object.groupBy(await Promise.all(results), (result) => result);
  assertEquals(most, 2);
  assertEquals(counts["done"]?.length, 5);
  assertEquals(counts["resource_exhausted"]?.length, 3);
  assertEquals(await queue.run(() => Promise.resolve("free again")), "free again");
});

Deno.test("a derivation that fails frees its place in the queue", async () => {
  const queue = createDerivationQueue({ running: 1, waiting: 0 });
  await assertRejects(() => queue.run(() => Promise.reject(new Error("failed"))), Error, "failed");
  assertEquals(await queue.run(() => Promise.resolve("next")), "next");
});

Deno.test("a derivation queue says when to try again", async () => {
  const queue = createDerivationQueue({ running: 1, waiting: 0 });
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = queue.run(() => promise);
  const error = await assertRejects(() => queue.run(() => Promise.resolve()), DariError);
  assertEquals([error.code, error.retryAfterMs], ["resource_exhausted", limits.derivationRetryMs]);
  resolve();
  await first;
});

Deno.test("a derivation whose caller left the queue is not run, and the next one is", async () => {
  const queue = createDerivationQueue({ running: 1, waiting: 2 });
  const { promise, resolve } = Promise.withResolvers<void>();
  const ran: string[] = [];
  const first = queue.run(() => promise);
  const leaving = new AbortController();
  const run = (name: string) => () => Promise.resolve(ran.push(name));
  const left = assertRejects(() => queue.run(run("left"), leaving), Error, "gone");
  const stays = queue.run(run("stays"));
  leaving.abort(new Error("gone"));
  resolve();
  await Promise.all([first, left, stays]);
  await assertRejects(() => queue.run(run("late"), leaving), Error, "gone");
  assertEquals(ran, ["stays"]);
});
