import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { Entries } from "../../../lib/cluster/fold/entries.ts";

const NOW_MS = 100 * limits.storeSweepAfterMs;

Deno.test("Entries removes what ended long ago, and nothing sooner", () => {
  const entries = new Entries();
  entries.put({ key: "lasting", value: "1", version: 1 });
  entries.put({ key: "ending", value: "1", version: 2, expiresAtMs: NOW_MS });
  entries.put({ key: "extended", value: "1", version: 3, expiresAtMs: NOW_MS });
  entries.put({ key: "extended", value: "1", version: 4, expiresAtMs: 2 * NOW_MS });
  assertEquals(entries.at("ending", NOW_MS - 1)?.version, 2);
  assertEquals(entries.at("ending", NOW_MS), null);
  assertEquals(entries.list("", NOW_MS).map(({ key }) => key), ["extended", "lasting"]);
  entries.sweep(NOW_MS + limits.storeSweepAfterMs);
  assertEquals(entries.size, 3);
  entries.sweep(NOW_MS + limits.storeSweepAfterMs + limits.storeSweepMs);
  assertEquals(entries.size, 2);
  assertEquals(entries.at("extended", NOW_MS)?.version, 4);
  entries.sweep(0); // an older time brings nothing back and removes nothing
  assertEquals(entries.size, 2);
});

Deno.test("Entries counts the characters of what it has", () => {
  const entries = new Entries();
  entries.put({ key: "ab", value: "123", version: 1, expiresAtMs: 5 });
  entries.put({ key: "ab", value: "1", version: 2 });
  assertEquals(entries.length, 3);
  entries.apply([{ kind: "delete", key: "ab" }, { kind: "delete", key: "none" }], 3);
  assertEquals([entries.length, entries.size], [0, 0]);
});
