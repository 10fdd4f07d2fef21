import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import type { AnswerRecord } from "../../../lib/rpc/idempotency/answer_record.ts";
import { AnswerRecords } from "../../../lib/rpc/idempotency/answer_records.ts";
import { MemoryAnswers } from "../../../lib/rpc/idempotency/answer_store.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";

const BOUNDS = { keepMs: 1_000, maxBytes: 300, maxBytesPerPrincipal: 300 };
const lost: AnswerRecord = { of: "digest", state: "lost" };

Deno.test("AnswerRecords writes in place of what was read, and of nothing else", async () => {
  await using store = createMemoryStore();
  const records = new AnswerRecords(store, BOUNDS, Date.now);
  assertEquals(await records.read("answer/alice/1"), undefined);
  assertEquals(await records.replace("answer/alice/1", lost, 0), true);
  assertEquals(await records.replace("answer/alice/1", lost, 0), false);
  assertEquals((await records.read("answer/alice/1"))?.record, lost);
});

Deno.test("AnswerRecords counts what it writes, and refuses what has no room", async () => {
  const records = new AnswerRecords(new MemoryAnswers(() => 0), BOUNDS, () => 0);
  await records.write("answer/alice/1", lost);
  const { bytes } = records;
  assertEquals(bytes, "answer/alice/1".length + JSON.stringify(lost).length);
  const long = { of: "d".repeat(400), state: "lost" } as const;
  const error = await assertRejects(() => records.write("answer/alice/2", long), DariError);
  assertEquals([error.code, records.bytes], ["resource_exhausted", bytes]);
  await records.remove("answer/alice/1");
  assertEquals([records.bytes, await records.read("answer/alice/1")], [0, undefined]);
});
