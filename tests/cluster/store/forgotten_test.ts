import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { settled, StoreWorld } from "../../support/store_world.ts";

/** Servers of which each can be cut off from the others, once all of them say what they decide on. */
async function threeServers(world: StoreWorld) {
  const logs = [0, 1, 2].map(() => world.hub.open({ maxMessageBytes: 4_096 }));
  const stores = await Promise.all(logs.map((log) => world.open({ log })));
  await world.pass(limits.storeFormQuietMs + limits.storeBeatMs);
  return { logs, stores };
}

Deno.test("a write that was decided on a message that was forgotten does not hold, however late it comes", async () => {
  await using world = new StoreWorld();
  const { logs, stores: [misled, other, third] } = await threeServers(world);
  await other!.put("a", "first");
  await settled();
  // Given to two servers, and then another leader is elected that does not have it.
  logs[1]!.isDelivering = false;
  const forgotten = await third!.put("a", "forgotten");
  await settled();
  assertEquals((await misled!.get("a"))?.value, "forgotten");
  logs[0]!.isDelivering = logs[2]!.isDelivering = false;
  world.hub.forgetLast();
  logs[1]!.isDelivering = true;
  assertEquals(await other!.put("a", "kept"), forgotten); // by the same number
  // The first send of what was decided on the other message comes later.
  const late = assertRejects(
    () => misled!.put("a", "decided on what was forgotten", { ifVersion: forgotten }),
    DariError,
  );
  await settled();
  await world.pass(limits.storeFollowAgainMs);
  logs[0]!.isDelivering = logs[2]!.isDelivering = true;
  world.hub.wake();
  await world.pass(2 * limits.storeBeatMs);
  for (const store of [misled, other, third]) assertEquals((await store!.get("a"))?.value, "kept");
  const { code, retryable } = await late;
  assertEquals([code, retryable], ["unavailable", true]);
});
