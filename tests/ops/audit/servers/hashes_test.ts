import { assertEquals } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import { Hashes } from "../../../../lib/ops/audit/servers/hashes.ts";

const hashOf = (byte: number) => new Uint8Array(limits.auditHashBytes).fill(byte);

Deno.test("hashes are found by their numbers, with gaps between them however long", () => {
  const hashes = new Hashes(5);
  assertEquals([hashes.next, hashes.at(5)], [5, undefined]);
  for (let place = 5; place < 205; place++) hashes.put(place, hashOf(place));
  hashes.put(Number.MAX_SAFE_INTEGER - 1, hashOf(7));
  assertEquals(hashes.next, Number.MAX_SAFE_INTEGER);
  for (const place of [5, 68, 69, 204]) assertEquals(hashes.at(place), hashOf(place));
  for (const place of [4, 205, 1_000_000]) assertEquals(hashes.at(place), undefined);
  assertEquals(hashes.at(Number.MAX_SAFE_INTEGER - 1), hashOf(7));
});
