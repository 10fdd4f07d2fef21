import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { MessageWorld } from "../../support/message_world.ts";
import { settled } from "../../support/store_world.ts";

Deno.test("a batch that was decided on one that was forgotten is applied by nobody", async () => {
  await using world = await MessageWorld.open();
  const logs = [0, 1, 2].map(() => world.hub.open({ maxMessageBytes: 4_096 }));
  const [misled, other, third] = await Promise.all(logs.map((log) => world.server({ log })));
  await world.pass(limits.storeFormQuietMs + limits.storeBeatMs);
  await other!.add("first");
  await settled();
  logs[1]!.isDelivering = false;
  const forgotten = await third!.add("forgotten");
  await settled();
  logs[0]!.isDelivering = logs[2]!.isDelivering = false;
  world.hub.forgetLast();
  logs[1]!.isDelivering = true;
  assertEquals(await other!.add("kept"), forgotten); // by the same number
  const late = assertRejects(() => misled!.add("decided on what was forgotten"), DariError);
  await settled();
  await world.pass(limits.storeFollowAgainMs);
  logs[0]!.isDelivering = logs[2]!.isDelivering = true;
  world.hub.wake();
  await world.pass(2 * limits.storeBeatMs);
  assertEquals((await late).code, "unavailable");
  for (const server of [misled, third]) await world.catchesUp(server!, other!);
  const names = (await other!.names()).map((row) => (row as string[])[0]);
  assertEquals(names, ["alice: first", "alice: kept"]);
});

Deno.test("a server that starts again with its file takes what was decided before that", async () => {
  await using world = await MessageWorld.open();
  const log = world.hub.open({ maxMessageBytes: 4_096 });
  const [server, behind] = [await world.server(), await world.server({ log })];
  await world.pass(limits.storeFormQuietMs + limits.storeBeatMs);
  await world.compact(server); // digests before the snapshot are not kept
  await server.add("a");
  await settled();
  log.isDelivering = false;
  await server.add("b");
  await server.add("c");
  await server.close();
  const again = await world.server({ path: server.path });
  const adding = behind.add("d");
  await settled();
  log.isDelivering = true;
  world.hub.wake();
  await adding;
  await settled();
  assertEquals((await again.names()).length, 4);
  assertEquals(await again.names(), await behind.names());
  assertEquals([again, behind].map(({ messages }) => messages.figures.passed.astray), [0, 0]);
});
