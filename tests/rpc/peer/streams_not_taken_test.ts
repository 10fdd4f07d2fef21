import { assert, assertRejects } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { DariError, RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { startPair } from "../../support/rpc_pair.ts";

/** A generator that has begun, so that it has something to clean up, and says when it was ended. */
async function begunNumbers() {
  const ended = Promise.withResolvers<void>();
  async function* generate() {
    try {
      for (let n = 1;; n++) yield await Promise.resolve(n);
    } finally {
      ended.resolve();
    }
  }
  const items = generate();
  await items.next();
  return { ended: ended.promise, items };
}

Deno.test("a stream in an item or notification that does not fit is ended at once", async () => {
  const tooLong = "x".repeat(limits.maxLineBytes);
  const inItem = await begunNumbers();
  const inNested = await begunNumbers();
  const inNote = await begunNumbers();
  const noted = Promise.withResolvers<unknown>();
  await using pair = await startPair({
    async *items() {
      yield await Promise.resolve({ tooLong, numbers: inItem.items });
    },
    async *nested() {
      yield await Promise.resolve((async function* () {
        yield await Promise.resolve({ tooLong, numbers: inNested.items });
      })());
    },
    notes(_: unknown, context: Context) {
      try {
        context.notify("note", { tooLong, numbers: inNote.items });
      } catch (error) {
        noted.resolve(error);
      }
    },
  });
  await assertRejects(
    async () => {
      for await (const _ of pair.client.stream("items"));
    },
    RpcError,
    "a line may have",
  );
  await deadline(inItem.ended, 5_000);
  for await (const nested of pair.client.stream("nested")) {
    await assertRejects(
      async () => {
        for await (const _ of nested as AsyncIterable<unknown>);
      },
      RpcError,
      "a line may have",
    );
  }
  await deadline(inNested.ended, 5_000);
  await pair.client.call("notes");
  assert(await noted.promise instanceof DariError);
  await deadline(inNote.ended, 5_000);
});
