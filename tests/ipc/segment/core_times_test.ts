import { assert } from "@std/assert";
import { readCoreTimes } from "../../../lib/ipc/segment/core_times.ts";
import { startWorker } from "../../support/ipc_worker.ts";
import { isLinux } from "../../support/segments.ts";

Deno.test({
  name: "readCoreTimes() counts what this thread runs, and its times only grow",
  ignore: !isLinux,
  fn() {
    const before = readCoreTimes();
    assert(before !== undefined && before.idleMs > 0 && before.waitedMs >= 0);
    let after = before;
    while (after.ranMs < before.ranMs + 20) {
      const next = readCoreTimes();
      assert(next !== undefined && next.ranMs >= after.ranMs);
      assert(next.idleMs >= after.idleMs && next.waitedMs >= after.waitedMs);
      after = next;
    }
  },
});

Deno.test({
  name: "readCoreTimes() counts for each thread by itself",
  ignore: !isLinux,
  async fn() {
    using thread = startWorker(`
      import { readCoreTimes } from "LIB/segment/core_times.ts";
      onmessage = ({ data: { ms, mostMs } }) => {
        const startMs = performance.now(), startRanMs = readCoreTimes().ranMs;
        const ranMs = () => readCoreTimes().ranMs - startRanMs;
        while (ranMs() < ms && performance.now() - startMs < mostMs);
        postMessage(ranMs());
      };
    `);
    // Meanwhile the main thread waits: its own time would stand still.
    const ranMs = await thread.ask({ ms: 50, mostMs: 20_000 });
    assert(Number(ranMs) >= 50, `${ranMs}`);
  },
});
