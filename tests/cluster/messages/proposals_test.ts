import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { decodeBatch, writeOperation } from "../../../lib/cluster/messages/batch.ts";
import { Proposals } from "../../../lib/cluster/messages/proposals.ts";
import type { OperationOutcome } from "../../../lib/messages/operation/operation.ts";

const named = (name: string, args: object = {}) => ({ name, by: "alice", args: { ...args } });

/** Proposals whose batches are answered when the test says so: each operation with its name. */
function open() {
  const batches: { readonly names: string[]; answer(error?: Error): void }[] = [];
  const proposals = new Proposals({
    time: () => ({ now: 1, today: 2 }),
    write: (body) => {
      const { promise, resolve, reject } = Promise.withResolvers<readonly OperationOutcome[]>();
      const names = decodeBatch(body)!.operations.map(({ name }) => name);
      const answer = (error?: Error) =>
        error === undefined ? resolve(names.map((value) => ({ value }))) : reject(error);
      batches.push({ names, answer });
      return promise;
    },
  });
  return { proposals, batches };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("what comes while a batch is under way shares the next, in its order", async () => {
  const { proposals, batches } = open();
  const asked: Promise<unknown>[] = [];
  for (let n = 0; n < 4; n++) {
    asked.push(proposals.propose([named(`o${n}`)]));
    await turn();
  }
  assertEquals(batches.map(({ names }) => names), [["o0"]]);
  batches[0]!.answer();
  await turn();
  assertEquals(batches[1]?.names, ["o1", "o2", "o3"]);
  batches[1]!.answer();
  const outcomes = await Promise.all(asked);
  assertEquals(outcomes, asked.map((_, n) => [{ value: `o${n}` }]));
  await proposals.idle();
});

Deno.test("a batch has messageBatchLength characters, and an operation that is longer goes alone", async () => {
  const { proposals, batches } = open();
  const frame = writeOperation(named("a", { text: "" })).length;
  const long = (name: string, more: number) =>
    proposals.propose([
      named(name, { text: "x".repeat(limits.messageBatchLength / 2 - frame + more) }),
    ]);
  const asked = [long("a", 0), long("b", 0), long("c", 0), long("d", 1), long("e", 2 ** 20)];
  await turn();
  for (let at = 0; at < 4; at++) {
    batches[at]!.answer();
    await turn();
  }
  await Promise.all(asked);
  assertEquals(batches.map(({ names }) => names), [["a", "b"], ["c"], ["d"], ["e"]]);
});

Deno.test("a batch that fails fails those who asked for it, and no others", async () => {
  const { proposals, batches } = open();
  const first = proposals.propose([named("a"), named("b")]);
  await turn();
  const second = proposals.propose([named("c")]);
  await turn();
  batches[0]!.answer(new DariError("unavailable", "nobody leads"));
  await assertRejects(() => first, DariError, "nobody leads");
  await turn();
  batches[1]!.answer();
  assertEquals(await second, [{ value: "c" }]);
});

Deno.test("more than maxPendingRequests that wait are refused", async () => {
  const { proposals, batches } = open();
  const asked = Array.from({ length: limits.maxPendingRequests }, () => proposals.propose([]));
  const error = await assertRejects(() => proposals.propose([]), DariError, "Too much waits");
  assertEquals(error.code, "unavailable");
  await turn();
  for (let at = 0; at < batches.length; at++) {
    batches[at]!.answer();
    await turn();
  }
  await Promise.all(asked);
});
