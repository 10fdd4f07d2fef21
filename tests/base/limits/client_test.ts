import { assertLess } from "@std/assert";
import { clientLimits } from "../../../lib/base/limits/client.ts";

Deno.test("clientLimits begin pauses below where they end", () => {
  assertLess<number>(clientLimits.minBackoffMs, clientLimits.initialBackoffMs);
  assertLess<number>(clientLimits.initialBackoffMs, clientLimits.maxBackoffMs);
  assertLess<number>(clientLimits.reconnectPauseMs, clientLimits.maxReconnectPauseMs);
  assertLess<number>(clientLimits.baseEjectionTimeMs, clientLimits.maxEjectionTimeMs);
});
