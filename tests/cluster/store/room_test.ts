import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { Entries } from "../../../lib/cluster/fold/entries.ts";
import { Room } from "../../../lib/cluster/store/room.ts";
import { settled, StoreWorld } from "../../support/store_world.ts";

const ENTRY = { key: "k", value: "v".repeat(79), version: 1 };
const ENTRY_BYTES = 80 + limits.storeEntryBytes;

function holding(count: number): Entries {
  const entries = new Entries();
  for (let n = 0; n < count; n++) entries.put({ ...ENTRY, key: String.fromCharCode(97 + n) });
  return entries;
}

Deno.test("a key is added up to the share of the memory that entries may take, and none beyond", () => {
  const entries = holding(6);
  assertEquals(entries.bytes, 6 * ENTRY_BYTES);
  const full = 6 * ENTRY_BYTES / limits.maxStoreHeapShare;
  const adding = [{ kind: "put", key: "new", value: "" }] as const;
  new Room(full).checkWrite(entries, adding);
  const room = new Room(full - 1);
  const error = assertThrows(() => room.checkWrite(entries, adding), DariError);
  assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
  room.checkWrite(entries, [{ kind: "put", key: "a", value: "revoked" }]);
  room.checkWrite(entries, [{ kind: "delete", key: "a" }, { kind: "delete", key: "new" }]);
});

Deno.test("what is read of others may take a larger share, and no more", () => {
  const entries = holding(9);
  const full = 9 * ENTRY_BYTES / limits.maxStoreReadHeapShare;
  new Room(full).checkRead(entries);
  const error = assertThrows(() => new Room(full - 1).checkRead(entries), DariError);
  assertEquals(error.code, "configuration");
});

Deno.test("a server with too little memory neither adds keys, nor starts with more than fits", async () => {
  await using world = new StoreWorld();
  const large = await world.open();
  for (let n = 0; n < 20; n++) await large.put(`session/${n}`, ENTRY.value);
  const bytes = 20 * ENTRY_BYTES;
  const small = await world.open({ heapBytes: bytes });
  await settled();
  const refused = await assertRejects(() => small.put("session/new", "1"), DariError);
  assertEquals(refused.code, "resource_exhausted");
  assertEquals(await small.delete("session/3"), true); // so a session is ended nevertheless
  large.compact();
  await settled();
  const tooLarge = await assertRejects(() => world.open({ heapBytes: bytes / 2 }), DariError);
  assertEquals(tooLarge.code, "configuration");
});
