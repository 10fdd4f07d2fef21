import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../../lib/base/errors.ts";
import { limits } from "../../../../lib/base/limits.ts";
import { readRecording, RecordingFile } from "../../../../lib/cli/commands/ops/recording_file.ts";
import type { TappedCall } from "../../../../lib/ops/tap/tapped_call.ts";
import { tempDirectory } from "../../../support/temp.ts";

const call = { method: "add", principal: null } as TappedCall;

Deno.test("a recording has whole lines and no more bytes than it may", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/calls.jsonl`;
  const head = `${(await headOf(path)).length + 1}`;
  const line = JSON.stringify(call).length + 1;
  const max = Number(head) + 2 * line;
  await Deno.remove(path);
  {
    using file = await RecordingFile.create(path, max);
    assertEquals(await file.add({ calls: [call], missed: 0 }), true);
    assertEquals(await file.add({ calls: [call, call], missed: 0 }), false);
  }
  assertEquals((await Deno.stat(path)).size <= max, true);
  assertEquals((await readRecording(path)).calls.length, 2);
});

async function headOf(path: string): Promise<string> {
  (await RecordingFile.create(path))[Symbol.dispose]();
  return (await Deno.readTextFile(path)).trimEnd();
}

Deno.test("readRecording() says what is wrong with a file", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/calls.jsonl`;
  const codeOf = async () => (await assertRejects(() => readRecording(path), DariError)).code;
  assertEquals(await codeOf(), "io");
  await Deno.mkdir(path);
  assertEquals(await codeOf(), "data");
  await Deno.remove(path);
  await Deno.writeTextFile(path, "");
  await Deno.truncate(path, limits.maxRecordingBytes + 1);
  assertEquals(await codeOf(), "data");
});
