import { assertEquals, assertThrows } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { settingsOf } from "../../../lib/rpc/balance/balance_settings.ts";

Deno.test("settingsOf() has one connection to each server, and asks for its health", () => {
  assertEquals(settingsOf({}), {
    connections: {
      max: limits.maxConnectionsEach,
      idleMs: limits.idleConnectionMs,
      callsEach: limits.callsPerConnection,
    },
    health: {
      intervalMs: limits.healthIntervalMs,
      timeoutMs: limits.healthTimeoutMs,
      service: "",
      isAskedAlone: false,
    },
  });
});

Deno.test("settingsOf() asks for no health where that is switched off, or servers are not greeted", () => {
  assertEquals(settingsOf({ health: false }).health, undefined);
  assertEquals(settingsOf({ hello: false }).health, undefined);
  assertEquals(settingsOf({ hello: false, health: { service: "mail" } }).health?.service, "mail");
});

Deno.test("settingsOf() refuses numbers that cannot be used", () => {
  for (const connections of [{ max: 0 }, { max: NaN }, { idleMs: -1 }, { callsEach: 0 }]) {
    assertThrows(() => settingsOf({ connections }), RangeError, "connections.");
  }
  assertThrows(() => settingsOf({ health: { intervalMs: NaN } }), RangeError, "health");
});
