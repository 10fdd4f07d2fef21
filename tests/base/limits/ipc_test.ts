import { assert, assertEquals, assertLess } from "@std/assert";
import { ipcLimits } from "../../../lib/base/limits/ipc.ts";

Deno.test("ipcLimits hold the thread for only the first part of a look", () => {
  assertLess<number>(ipcLimits.spinBlockingMs, ipcLimits.spinMs);
});

Deno.test("ipcLimits look at other processes' memory less and less often", () => {
  assertLess<number>(ipcLimits.pollMs, ipcLimits.maxPollMs);
});

Deno.test("ipcLimits let several short messages share a buffer", () => {
  assert(ipcLimits.maxPooledCopyBytes <= ipcLimits.copyPoolBytes / 8);
});

Deno.test("ipcLimits give rings sizes that are powers of two, as their mask needs", () => {
  for (const bytes of [ipcLimits.ringBytes, ipcLimits.minRingBytes, ipcLimits.queueBytes]) {
    assertEquals(bytes & (bytes - 1), 0);
  }
});

Deno.test("ipcLimits let threads look with a core for each side, and not with one for both", () => {
  const { minLookoutCores, checkedLookoutRestMs, minLookoutRestMs } = ipcLimits;
  assert(minLookoutCores > 1 && minLookoutCores < 2);
  // The system counts in hundredths of a second.
  assert(checkedLookoutRestMs / 2 > 20);
  assertEquals(checkedLookoutRestMs % minLookoutRestMs, 0, "both kinds of rests end together");
});

Deno.test("ipcLimits let a side sleep a few times before it is sent to over the socket", () => {
  assert(ipcLimits.sleepsBeforeSocket > 1);
  assertLess<number>(ipcLimits.sleepsBeforeSocket, ipcLimits.segmentSpinSkips);
});
