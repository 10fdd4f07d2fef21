import { assertEquals, assertRejects } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { withProgress } from "../../../lib/cli/app/progress.ts";
import { createIo } from "../../support/dari_command.ts";
import { FakeTimers } from "../../support/fake_timers.ts";

for (const [isTerminal, told] of [[true, ["making a key …"]], [false, []]] as const) {
  Deno.test(`work that takes long is told of ${isTerminal ? "on" : "only on"} a terminal`, async () => {
    using timers = new FakeTimers();
    const warned: string[] = [];
    const io = { ...createIo(), isTerminal, warn: (line: string) => void warned.push(line) };
    const work = Promise.withResolvers<number>();
    const result = withProgress(io, "making a key", work.promise);
    timers.advance(limits.progressAfterMs - 1);
    assertEquals(warned, []);
    timers.advance(1);
    work.resolve(3);
    assertEquals([await result, warned, timers.count], [3, [...told], 0]);
  });
}

Deno.test("work that ends soon is not told of, nor work that fails", async () => {
  using timers = new FakeTimers();
  const warned: string[] = [];
  const io = { ...createIo(), isTerminal: true, warn: (line: string) => void warned.push(line) };
  assertEquals(await withProgress(io, "making a key", Promise.resolve(3)), 3);
  await assertRejects(() => withProgress(io, "making a key", Promise.reject(new Error("no"))));
  timers.advance(limits.progressAfterMs);
  assertEquals([warned, timers.count], [[], 0]);
});
