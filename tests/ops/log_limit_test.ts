import { assert, assertEquals } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import type { Log } from "../../lib/ops/log.ts";
import { limitRepeats } from "../../lib/ops/log_limit.ts";
import { FakeTimers } from "../support/fake_timers.ts";

function recorded() {
  const lines: string[] = [];
  const log: Log = {
    write: (level, message, fields) =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
  };
  return { lines, log };
}

Deno.test("lines of one kind are limited in a window, and the others are counted at its end", () => {
  using timers = new FakeTimers();
  const { lines, log } = recorded();
  const limited = limitRepeats(log);
  for (let n = 0; n < limits.maxLogRepeats; n++) limited.write("warn", "refused", { n });
  assertEquals(lines.length, limits.maxLogRepeats);
  for (let n = 0; n < 5; n++) limited.write("warn", "refused", { n });
  assertEquals(lines.length, limits.maxLogRepeats);
  timers.advance(limits.logRepeatWindowMs - 1);
  assertEquals(lines.length, limits.maxLogRepeats);
  timers.advance(1);
  assertEquals(lines.slice(limits.maxLogRepeats), ['warn refused {"more":5}']);
  limited.write("warn", "refused", { n: 0 });
  assertEquals(lines.at(-1), 'warn refused {"n":0}');
});

Deno.test("lines of other kinds are not limited by it, and a window without too many is silent", () => {
  using timers = new FakeTimers();
  const { lines, log } = recorded();
  const limited = limitRepeats(log, { maxLines: 1 });
  limited.write("warn", "failed", { method: "a" });
  limited.write("warn", "failed", { method: "b" });
  limited.write("info", "opened");
  limited.write("error", "failed", { method: "b" });
  assertEquals(lines.length, 3);
  timers.advance(limits.logRepeatWindowMs);
  assertEquals(lines.slice(3), ['warn failed {"method":"b","more":1}']);
  assertEquals(timers.count, 0);
});

Deno.test("a program ends while lines are being counted", async () => {
  const program = `
    import { limitRepeats } from "${import.meta.resolve("../../lib/ops/log_limit.ts")}";
    limitRepeats({ write: () => console.log("written") }).write("warn", "refused");
    console.log(performance.now());
    addEventListener("unload", () => console.log(performance.now()));
  `;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", program] }).output();
  const [line, startMs, endMs] = new TextDecoder().decode(stdout).trim().split("\n");
  assertEquals(line, "written");
  assert(Number(endMs) - Number(startMs) < limits.logRepeatWindowMs / 2);
});

Deno.test("lines of more kinds than are told apart are counted together", () => {
  using timers = new FakeTimers();
  const { lines, log } = recorded();
  const limited = limitRepeats(log);
  for (let n = 0; n < limits.maxLogKinds; n++) limited.write("info", `printed ${n}`);
  assertEquals(lines.length, limits.maxLogKinds);
  for (let n = 0; n < 3; n++) limited.write("info", `printed ${limits.maxLogKinds + n}`);
  limited.write("info", "printed 0");
  assertEquals(lines.slice(limits.maxLogKinds), ["info printed 0 {}"]);
  timers.advance(limits.logRepeatWindowMs);
  assertEquals(lines.slice(limits.maxLogKinds + 1), ['warn other lines {"more":3}']);
});
