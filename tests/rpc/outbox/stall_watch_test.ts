import { assertEquals } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { Outbox } from "../../../lib/rpc/outbox/outbox.ts";
import type { OutboxOptions } from "../../../lib/rpc/outbox/outbox_options.ts";
import { SlowConnection } from "../../support/slow_connection.ts";

Deno.test("an outbox whose peer takes nothing for the named time fails, and one byte is progress", async () => {
  const peerOf = (options: Partial<OutboxOptions>) => {
    const connection = new SlowConnection();
    const failed = Promise.withResolvers<unknown>();
    return { connection, failed, outbox: new Outbox(connection, 10, failed.resolve, options) };
  };
  const stalled = peerOf({ stalledPeerMs: 5 });
  stalled.outbox.push("x");
  assertEquals(
    (await deadline(stalled.failed.promise, 5_000) as Error).message,
    "The other side took nothing of what waits for it for 5 ms",
  );
  assertEquals(stalled.outbox.isClosed, true);

  const slow = peerOf({ stalledPeerMs: 5 });
  let looks = 0;
  const looked = Promise.withResolvers<void>();
  Object.defineProperty(slow.connection, "sentBytes", {
    get: () => (++looks === 20 && looked.resolve(), looks),
  });
  slow.outbox.push("x");
  await deadline(looked.promise, 5_000);
  assertEquals(slow.outbox.isClosed, false);
  slow.outbox.close();

  const quick = peerOf({ stalledPeerMs: 1 });
  quick.outbox.push("x");
  await Promise.resolve();
  await quick.connection.finish();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(quick.outbox.isClosed, false);
  quick.outbox.close();
});
