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

  Deno.test(`${name}: sentBytes grows while its reader takes parts of a blob`, async () => {
    await using pair = await connect();
    const { near, far } = pair;
    far.maxLineBytes = 32 * MiB;
    far.takesBlobs = true;
    const first = near.sentBytes ?? 0;
    const blob = new Uint8Array(32 * MiB);
    const header = `#${blob.length}\n`;
    const values = new Set<number | undefined>();
    let isReceived = false;
    const receiving = deadline(far.receive(), 10_000).finally(() => isReceived = true);
    const sending = near.send(header, blob);
    while (!isReceived) {
      await new Promise((resolve) => setTimeout(resolve));
      values.add(near.sentBytes);
    }
    assertEquals((await receiving)?.length, blob.length);
    await sending;
    assert(values.size > 2, `it had ${values.size} values`);
    const most = first + header.length + blob.length;
    assert(near.sentBytes === most || near.sentBytes === most - header.length);
  });
}
