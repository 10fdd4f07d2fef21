import { assertEquals } from "@std/assert";
import { StopSum } from "../../../lib/cli/threads/stop_sum.ts";

Deno.test("StopSum tells once how all threads stop, one that died among them", () => {
  const told: unknown[] = [];
  const sum = new StopSum({
    serverStopping: (stop) => told.push(stop),
    serverStopped: (stopped) => told.push(stopped),
  }, 3);
  sum.stopping(0, { connections: 1, calls: 0 });
  sum.stopping(2, { connections: 4, calls: 2 });
  sum.stopped(2, { drained: 1, cut: 1 });
  assertEquals(told, []);
  sum.stopped(1, { drained: 0, cut: 0 }); // it never began
  assertEquals(told, [{ connections: 5, calls: 2 }]);
  sum.stopped(0, { drained: 0, cut: 0 });
  sum.stopped(0, { drained: 9, cut: 9 });
  assertEquals(told[1], { drained: 1, cut: 1 });
  assertEquals(told.length, 2);
});
