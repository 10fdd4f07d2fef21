import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { AnswerShares } from "../../../lib/rpc/idempotency/answer_shares.ts";

const OLD = limits.minAnswerKeepMs;
const bounds = { maxBytes: 100, maxBytesPerPrincipal: 60, keepMs: 10 * OLD };

function filled(entries: readonly (readonly [name: string, bytes: number, atMs: number])[]) {
  const shares = new AnswerShares(bounds);
  for (const [name, bytes, atMs] of entries) shares.add(`answers/${name}`, bytes, atMs);
  return shares;
}

Deno.test("AnswerShares makes no room where there is enough", () => {
  const shares = filled([["a/1", 30, 0], ["b/1", 30, 0]]);
  assertEquals(shares.makeRoom("answers/a/2", 30, OLD), []);
  assertEquals(shares.bytes, 60);
});

Deno.test("AnswerShares takes the oldest answers of a caller whose share is used up", () => {
  const shares = filled([["a/1", 20, 0], ["a/2", 20, 1], ["a/3", 20, 2], ["b/1", 10, 0]]);
  assertEquals(shares.makeRoom("answers/a/4", 30, OLD + 5), ["answers/a/1", "answers/a/2"]);
  assertEquals(shares.bytes, 30);
});

Deno.test("AnswerShares takes from whoever has most where all shares together are too much", () => {
  const shares = filled([["a/1", 30, 1], ["a/2", 30, 2], ["b/1", 35, 0]]);
  assertEquals(shares.makeRoom("answers/c/1", 10, 2 * OLD), ["answers/a/1"]);
  assertEquals(shares.makeRoom("answers/c/1", 40, 2 * OLD), ["answers/b/1"]);
});

Deno.test("AnswerShares takes nothing that is young, and says when it will be old", () => {
  const shares = filled([["a/1", 60, 1_000], ["b/1", 40, 2_000]]);
  for (const name of ["answers/a/2", "answers/c/1"]) {
    const error = assertThrows(() => shares.makeRoom(name, 10, 3_000), DariError);
    assertEquals([error.code, error.retryAfterMs], ["resource_exhausted", OLD - 2_000]);
  }
  assertEquals(shares.bytes, 100);
});

Deno.test("AnswerShares refuses for good what is more than a share", () => {
  const error = assertThrows(() => filled([]).makeRoom("answers/a/1", 61, 0), DariError);
  assertEquals([error.retryable, error.retryAfterMs], [false, undefined]);
});

Deno.test("AnswerShares drops what is over, and counts a name once", () => {
  const shares = filled([["a/1", 20, 0], ["a/1", 30, 5], ["a/2", 20, bounds.keepMs]]);
  assertEquals(shares.bytes, 50);
  assertEquals(shares.makeRoom("answers/a/3", 1, bounds.keepMs + 5), ["answers/a/1"]);
  shares.remove("answers/a/2");
  shares.remove("answers/nobody/1");
  assertEquals(shares.bytes, 0);
});
