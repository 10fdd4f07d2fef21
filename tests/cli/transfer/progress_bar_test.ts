import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import {
  formatBytes,
  formatTransfer,
  ProgressBar,
} from "../../../lib/cli/transfer/progress_bar.ts";

Deno.test("formatBytes writes numbers of bytes for people", () => {
  const cases: [bytes: number, text: string][] = [
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1024 ** 2 - 1, "1.0 MiB"],
    [1.5 * 1024 ** 3, "1.5 GiB"],
    [5_000 * 1024 ** 4, "5000.0 TiB"],
  ];
  for (const [bytes, text] of cases) assertEquals(formatBytes(bytes), text);
});

Deno.test("a transfer is one line with a bar, the bytes and the rate", () => {
  const MiB = 1024 ** 2;
  const half = { bytes: 5 * MiB, size: 10 * MiB, bytesPerSecond: 2 * MiB };
  assertEquals(
    formatTransfer("sent", half),
    "sent  50% [##########----------]  5.0 MiB of 10.0 MiB  2.0 MiB/s",
  );
  assertEquals(
    formatTransfer("sent", { bytes: 0, size: 0, bytesPerSecond: undefined }),
    "sent 100% [####################]  0 B of 0 B",
  );
  const long = formatTransfer("a".repeat(99), {
    bytes: 1023.9 * MiB,
    size: 1023.9 * MiB,
    bytesPerSecond: 1023.9 * MiB,
  });
  assertEquals(long.length <= 80, true, long);
});

Deno.test("a bar is shown at most once in progressPauseMs, and at the end", () => {
  const shown: string[] = [];
  let nowMs = 0;
  const bar = new ProgressBar({ status: (line) => void shown.push(line) }, "sent", () => nowMs);
  bar.update(100, 1_000);
  nowMs = limits.progressPauseMs - 1;
  bar.update(200, 1_000);
  assertEquals(shown.length, 1);
  nowMs = limits.progressPauseMs;
  bar.update(300, 1_000);
  assertEquals(shown.length, 2);
  nowMs = 1_000;
  bar.update(1_000, 1_000);
  bar[Symbol.dispose]();
  bar[Symbol.dispose]();
  assertEquals(shown.slice(-2), [
    "sent 100% [####################]  1000 B of 1000 B  900 B/s",
    "",
  ]);
});

Deno.test("where there is no terminal nothing is shown", () => {
  using bar = new ProgressBar({}, "sent", () => {
    throw new Error("the time is not needed");
  });
  bar.update(1, 2);
});
