import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { OPERATION_RULES } from "../../../lib/messages/operation/operation.ts";
import { readProgress } from "../../../lib/messages/replicated/progress.ts";
import { ReplicatedTables } from "../../../lib/messages/replicated/tables.ts";
import { TestClock } from "../../support/clock.ts";
import { Replicas } from "../../support/replicas.ts";

Deno.test("a file says how far it has followed the log, and by which rules", async () => {
  const clock = new TestClock();
  await using replicas = await Replicas.open(clock);
  const server = await replicas.start();
  const { file, tables } = server;
  assertEquals(await file.query(readProgress), {
    position: 0,
    time: { now: 0, today: 0, atMs: 0, leadMs: 0 },
    rules: 1,
  });
  server.write({ operations: [] });
  await replicas.idle();
  const { position, time, rules } = await file.query(readProgress);
  assertEquals([position, rules], [1, OPERATION_RULES]);
  assertEquals(time.atMs, clock.now());
  assertEquals(tables.appliedPosition, 1);
});

Deno.test("tables that a newer dari has changed are refused, opened or read anew", async () => {
  const clock = new TestClock();
  await using replicas = await Replicas.open(clock);
  const { file, tables } = await replicas.start();
  const sql = "INSERT OR REPLACE INTO counters VALUES ('log rules', ?)";
  await file.transact((tables) => tables.run(sql, OPERATION_RULES + 1));
  for (const read of [() => ReplicatedTables.open(file, clock), () => tables.reload()]) {
    const error = await assertRejects(read, DariError, "upgrade this server");
    assertEquals(error.code, "configuration");
  }
  await file.transact((tables) => tables.run(sql, OPERATION_RULES));
  await tables.reload();
});
