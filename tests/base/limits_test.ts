import { assert, assertEquals, assertMatch } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { authLimits } from "../../lib/base/limits/auth.ts";
import { certLimits } from "../../lib/base/limits/cert.ts";
import { ipcLimits } from "../../lib/base/limits/ipc.ts";
import { opsLimits } from "../../lib/base/limits/ops.ts";
import { rpcLimits } from "../../lib/base/limits/rpc.ts";
import { storeLimits } from "../../lib/base/limits/store.ts";
import { transportLimits } from "../../lib/base/limits/transport.ts";

Deno.test("limits are positive numbers", () => {
  for (const [name, value] of Object.entries(limits)) {
    if (typeof value !== "number") continue;
    assert(Number.isFinite(value) && value > 0, `${name}: ${value}`);
  }
});

Deno.test("limits hold every table, and no two tables have a name in common", () => {
  const tables = [
    authLimits,
    certLimits,
    ipcLimits,
    opsLimits,
    rpcLimits,
    storeLimits,
    transportLimits,
  ];
  const names = tables.flatMap((table) => Object.keys(table));
  assertEquals(new Set(names).size, names.length);
  assertEquals(Object.keys(limits).toSorted(), names.toSorted());
});

Deno.test("limits of time and of memory have their unit in their name", () => {
  for (const name of Object.keys(limits)) {
    if (!/timeout|pause|life|linger|nudge/i.test(name)) continue;
    assertMatch(name, /(Ms|Share|Pauses)$/, name);
  }
});
