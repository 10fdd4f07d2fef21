import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { openUnlost, rememberSeen, SEEN } from "../../../lib/endpoint/store/seen.ts";
import { createMemoryStore } from "../../../lib/store/memory.ts";
import type { ClusterStore } from "../../../lib/cluster/store/cluster_store.ts";

/** A shared store that was read so far. */
const readUpTo = (sequence: number) => ({
  store: { figures: { sequence } } as Pick<ClusterStore, "figures">,
});

Deno.test("openUnlost refuses a log that ends before what was read", async () => {
  await using own = createMemoryStore();
  const open = (sequence: number) =>
    openUnlost(own, "d", () => Promise.resolve(readUpTo(sequence)));
  assertEquals((await open(0)).store.figures.sequence, 0);
  await rememberSeen(own, readUpTo(7).store);
  await open(7);
  const error = await assertRejects(
    () => open(6),
    DariError,
    'ends at 6, and "d" had read it up to 7',
  );
  assertEquals(error.code, "data");
});

Deno.test("openUnlost takes no harm from a server that reads on in the same directory", async () => {
  await using own = createMemoryStore();
  await rememberSeen(own, readUpTo(7).store);
  const opened = await openUnlost(own, "d", async () => {
    await rememberSeen(own, readUpTo(90).store);
    return readUpTo(50);
  });
  assertEquals(opened.store.figures.sequence, 50);
});

Deno.test("rememberSeen does not go back behind another program", async () => {
  await using own = createMemoryStore();
  for (const sequence of [90, 50]) await rememberSeen(own, readUpTo(sequence).store);
  assertEquals((await own.get(SEEN))?.value, "90");
});
