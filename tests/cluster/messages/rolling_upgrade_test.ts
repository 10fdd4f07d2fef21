import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { MessageOperation } from "../../../lib/messages/operation/operation.ts";
import { MessageWorld } from "../../support/message_world.ts";
import { settled } from "../../support/store_world.ts";

/** A dari that can also rename, by the second rules. */
const next = {
  understands: 2,
  rulesOf: ({ name }: MessageOperation) => name === "rename" ? 2 : 1,
};

function namesIn(rows: readonly unknown[]): unknown[] {
  return (rows as [name: string, number: number][]).map(([name]) => name);
}

Deno.test("two versions share queues, and the newer one writes its own operations once the older has ended", async () => {
  await using world = await MessageWorld.open();
  const lost: DariError[] = [];
  const older = await world.server({ onLost: (error) => lost.push(error) });
  const newer = await world.server(next);
  await world.pass(limits.storeFormQuietMs + limits.storeBeatMs);
  await older.add("a");
  await newer.add("b");
  await settled();
  assertEquals(await older.names(), await newer.names());
  assertEquals([older, newer].map(({ messages }) => messages.figures.form), [1, 1]);
  const refused = await assertRejects(() => newer.propose("rename", "c"), DariError, "upgrade all");
  assertEquals([refused.code, refused.retryable], ["failed_precondition", false]);
  await settled();
  assertEquals([(await newer.names()).length, lost], [2, []]);

  await older.close();
  const upgraded = await world.server({ ...next, path: older.path });
  await world.pass(limits.storeFormQuietMs + limits.storeBeatMs);
  assertEquals(newer.messages.figures.form, 2);
  await newer.propose("rename", "c");
  await upgraded.add("d");
  await settled();
  assertEquals(await upgraded.names(), await newer.names());
  assertEquals(namesIn(await upgraded.names()), ["alice: b", "alice: c", "alice: d"]);
});

Deno.test("a batch says the newest rules that its operations need, and no newer ones", async () => {
  await using world = await MessageWorld.open();
  const server = await world.server(next);
  const rules: number[] = [];
  server.machine.before = (batch) => void rules.push(batch.rules);
  await world.pass(limits.storeFormQuietMs + limits.storeBeatMs);
  rules.length = 0;
  await server.add("a");
  await Promise.all([server.add("b"), server.propose("rename", "c")]);
  await server.add("d");
  assertEquals(rules, [1, 2, 1]);
});

Deno.test("an older server stops at operations of newer rules, and takes nothing of them", async () => {
  await using world = await MessageWorld.open();
  const lost: DariError[] = [];
  const newer = await world.server(next);
  await newer.add("a");
  await world.pass(limits.storeFormQuietMs + limits.storeBeatMs);
  const older = await world.server({ onLost: (error) => lost.push(error) });
  // It has not been heard in the moment in which this is written.
  const { path } = older;
  await older.close();
  await world.pass(limits.storeFormQuietMs + limits.storeBeatMs);
  await newer.propose("rename", "b");
  const opening = world.server({ path, timeoutMs: 0 });
  const error = await assertRejects(() => opening, DariError, "A newer dari");
  assertEquals([error.code, lost], ["configuration", []]);
  const upgraded = await world.server({ ...next, path });
  assertEquals(await upgraded.names(), await newer.names());
});
