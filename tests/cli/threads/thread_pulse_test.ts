import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { ThreadPulse } from "../../../lib/cli/threads/thread_pulse.ts";

Deno.test("ThreadPulse tells once of a thread that says nothing any more, and when it is back", () => {
  const told: unknown[] = [];
  const pulse = new ThreadPulse({
    onSilent: (thread, silentMs) => told.push([thread, silentMs]),
    onBack: (thread) => told.push([thread, "back"]),
  });
  pulse.heard(1);
  pulse.heard(2);
  pulse.heard(3);
  pulse.forget(3); // it has died, which is told elsewhere
  for (let look = 0; look < 2 * limits.maxThreadReportsMissed; look++) {
    pulse.look();
    pulse.heard(2);
  }
  const silentMs = limits.maxThreadReportsMissed * limits.threadReportMs;
  assertEquals(told, [[1, silentMs]]);
  pulse.heard(1);
  pulse.heard(1);
  assertEquals(told.slice(1), [[1, "back"]]);
});
