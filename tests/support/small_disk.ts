/**
 * Puts messages until the disk is full, and then says what is there: run inside a file system of a
 * test's own, whose directory and a file that takes up room are its arguments.
 *
 * @module
 */

import { DariError } from "../../lib/base/errors.ts";
import { diskFailure } from "../../lib/base/file/disk_failure.ts";
import { EmbeddedQueues } from "../../lib/messages/mod.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";

const [directory, ballast] = Deno.args as [string, string];

async function putUntilRefused(queues: EmbeddedQueues): Promise<{ put: number; code: unknown }> {
  const queue = queues.queue<{ n: number; text: string }>("full");
  for (let n = 0;; n++) {
    try {
      await queue.put({ n, text: "x".repeat(10_000) });
    } catch (error) {
      const told = error instanceof DariError ? diskFailure(error)?.code : error;
      return { put: n, code: told };
    }
  }
}

await using store = await openSqliteStore(`${directory}/dari.db`);
await using queues = new EmbeddedQueues(store);
const { put, code } = await putUntilRefused(queues);
const { waiting } = await queues.queue("full").show();
Deno.removeSync(ballast);
await queues.queue("full").put({ n: put, text: "" });
const values: number[] = [];
for (;;) {
  const message = await queues.queue<{ n: number }>("full").take();
  if (message === null) break;
  values.push(message.value.n);
  await message.ack();
}
const isInOrder = values.every((n, place) => n === place);
console.log(JSON.stringify({ put, code, waiting, taken: values.length, isInOrder }));
