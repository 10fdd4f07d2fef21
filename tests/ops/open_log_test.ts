import { assertEquals, assertMatch } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import type { LogLevel } from "../../lib/ops/log.ts";
import { openFileLog, openLog } from "../../lib/ops/open_log.ts";
import { fillDisk } from "../support/full_disk.ts";
import { tempDirectory } from "../support/temp.ts";

/** Logs one event more often than a window takes it, and gives the lines. */
async function linesAt(level: LogLevel): Promise<string[]> {
  let text = "";
  const write = (bytes: Uint8Array) => {
    text += new TextDecoder().decode(bytes);
    return Promise.resolve(bytes.length);
  };
  {
    await using log = openLog({ write }, { format: "text", level });
    log.write("debug", "looked at");
    for (let n = 0; n <= limits.maxLogRepeats; n++) log.write("warn", "denied");
  }
  return text.trimEnd().split("\n");
}

Deno.test("openLog() writes its level and what is graver, and not the same event for ever", async () => {
  const lines = await linesAt("info");
  assertEquals(lines.length, limits.maxLogRepeats);
  for (const line of lines) assertMatch(line, /^\S+Z warn denied$/);
});

Deno.test("openLog() leaves nothing out at debug", async () => {
  assertEquals((await linesAt("debug")).length, limits.maxLogRepeats + 2);
});

Deno.test("a line that another thread has written is added as it is, in its turn", async () => {
  let text = "";
  const write = (bytes: Uint8Array) => {
    text += new TextDecoder().decode(bytes);
    return Promise.resolve(bytes.length);
  };
  {
    await using log = openLog({ write }, { format: "json", level: "error" });
    log.add("first");
    log.write("error", "second");
    log.add("third");
  }
  const [first, second = "", third] = text.trimEnd().split("\n");
  assertEquals([first, JSON.parse(second).message, third], ["first", "second", "third"]);
});

Deno.test("openFileLog() writes to its file, and says elsewhere what is wrong with it and what is lost", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.log`;
  let aside = "";
  const write = (bytes: Uint8Array) => {
    aside += new TextDecoder().decode(bytes);
    return Promise.resolve(bytes.length);
  };
  {
    await using log = await openFileLog({ write }, { format: "json", level: "info" }, { path });
    log.write("info", "first");
    log.add('{"message":"second"}');
    await log.reopen();
  }
  assertEquals(
    (await Deno.readTextFile(path)).trimEnd().split("\n").map((line) => JSON.parse(line).message),
    ["first", "second"],
  );
  assertEquals(aside, "");
  {
    const log = await openFileLog({ write }, { format: "text", level: "info" }, { path });
    using _ = fillDisk();
    log.write("info", "third");
    log.write("info", "fourth");
    await log[Symbol.asyncDispose]();
  }
  assertMatch(aside, /^\S+ error Cannot write the log file .* No space left .* wait\n/);
  assertMatch(aside, /\n\S+ error log lines were lost file=\S+ count=2\n/);
});
