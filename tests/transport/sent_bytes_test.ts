import { assert, assertEquals } from "@std/assert";
import { deadline } from "../../lib/base/abort.ts";
import { transports } from "../support/transports.ts";

const MiB = 1024 * 1024;

for (const { name, canPause, connect } of transports) {
  if (name === "memory") continue; // it tells nothing
  Deno.test(`${name}: sentBytes grows while a long send waits for its reader`, async () => {
    await using pair = await connect();
    const { near, far } = pair;
    far.maxLineBytes = MiB;
    const first = near.sentBytes ?? 0;
    const total = 32 * MiB;
    const sending = near.send(`${"x".repeat(MiB - 1)}\n`.repeat(total / MiB));
    if (canPause) {
      // More than any socket buffers: the send waits, and has come some way.
      while (near.sentBytes === first) await new Promise((resolve) => setTimeout(resolve));
      assert((near.sentBytes ?? 0) < first + total);
    }
    let received = 0;
    let grown = 0;
    for (let before = near.sentBytes ?? 0; received < total;) {
      received += (await deadline(far.receive(), 10_000))?.length ?? 0;
      const now = near.sentBytes ?? 0;
      if (now > before) grown++;
      before = now;
    }
    await sending;
    assert(grown > 1, `it grew ${grown} times`);
    assertEquals(near.sentBytes, first + total);
  });
}
