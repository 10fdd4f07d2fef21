import { assertEquals, assertMatch } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { FailureReport } from "../../lib/rpc/failure_report.ts";
import type { CallRecord } from "../../lib/rpc/observer.ts";
import { startPair } from "../support/rpc_pair.ts";

const call = { method: "add" } as CallRecord;

Deno.test("FailureReport writes what was thrown, a bounded number of lines in each interval", () => {
  const lines: string[] = [];
  let now = 0;
  const report = new FailureReport(() => now, (line) => lines.push(line));
  for (let n = 0; n < limits.maxFailureReports + 5; n++) {
    report.handlerFailed(call, new Error(`no ${n}`));
  }
  assertEquals(lines.length, limits.maxFailureReports);
  assertMatch(lines[0] ?? "", /^"add" failed: Error: no 0\n +at /);
  now = limits.failureReportIntervalMs - 1;
  report.handlerFailed(call, "text");
  assertEquals(lines.length, limits.maxFailureReports);
  now++;
  report.handlerFailed(call, "text");
  assertEquals(lines.slice(-2), ["6 more calls failed and were not written", '"add" failed: text']);
});

Deno.test("FailureReport writes a line for what cannot be looked at", () => {
  const lines: string[] = [];
  const trap = () => {
    throw new Error("trapped");
  };
  const report = new FailureReport(() => 0, (line) => lines.push(line));
  report.handlerFailed(call, new Proxy({}, { get: trap, getPrototypeOf: trap }));
  report.handlerFailed(call, Object.create(null));
  assertEquals(lines, Array(2).fill('"add" failed: what it threw cannot be written'));
});

Deno.test("a server without an observer writes on the console what its handlers throw", async () => {
  const write = console.error;
  const lines: unknown[] = [];
  console.error = (line) => lines.push(line);
  try {
    const fail = () => {
      throw new Error("the disk is gone");
    };
    await using loud = await startPair({ fail });
    await loud.client.call("fail").catch(() => {});
    await using quiet = await startPair({ fail }, { observer: [] });
    await quiet.client.call("fail").catch(() => {});
  } finally {
    console.error = write;
  }
  assertEquals(lines.length, 1);
  assertMatch(String(lines[0]), /^"fail" failed: Error: the disk is gone\n/);
});
