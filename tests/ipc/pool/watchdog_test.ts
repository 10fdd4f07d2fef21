import { assertEquals, assertThrows } from "@std/assert";
import { runWithWatchdog } from "../../../lib/ipc/pool/watchdog.ts";

Deno.test("what ends in time is run to its end", () => {
  let runs = 0;
  assertEquals(runWithWatchdog(() => runs++, 60_000), true);
  assertEquals(runWithWatchdog(() => runs++, Infinity), true);
  assertEquals(runs, 2);
});

Deno.test("what does not end is stopped, whatever it catches", () => {
  const loops = [
    () => {
      while (true);
    },
    () => {
      while (true) {
        try {
          JSON.parse("{");
        } catch { /* and again */ }
      }
    },
    () => {
      try {
        while (true);
      } finally {
        while (true);
      }
    },
  ];
  for (const loop of loops) assertEquals(runWithWatchdog(loop, 5), false);
  assertEquals(runWithWatchdog(() => {}, 60_000), true); // and the next one runs
});

Deno.test("what is thrown inside goes through", () => {
  const boom = () => {
    throw new RangeError("boom");
  };
  assertThrows(() => runWithWatchdog(boom, 60_000), RangeError, "boom");
});
