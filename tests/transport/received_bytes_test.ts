import { assert, assertEquals } from "@std/assert";
import { deadline } from "../../lib/base/abort.ts";
import { transports } from "../support/transports.ts";

const MiB = 1024 * 1024;

for (const { name, connectRaw } of transports) {
  if (connectRaw === undefined) continue;
  Deno.test(`${name}: receivedBytes grows while a line is on its way`, async () => {
    await using pair = await connectRaw();
    const { peer, far } = pair;
    far.maxLineBytes = 8 * MiB;
    const receiving = deadline(far.receive(), 10_000);
    const first = far.receivedBytes ?? 0;
    let before = first;
    for (let part = 0; part < 4; part++) {
      await peer.send("x".repeat(MiB));
      while (far.receivedBytes === before) await new Promise((resolve) => setTimeout(resolve));
      assert((far.receivedBytes ?? 0) > before);
      before = far.receivedBytes ?? 0;
    }
    await peer.send("\n");
    assertEquals((await receiving)?.length, 4 * MiB + 1);
    assertEquals(far.receivedBytes, first + 4 * MiB + 1);
  });
}
