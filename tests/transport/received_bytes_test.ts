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

  Deno.test(`${name}: onPartial is called while a line or blob is on its way, and only then`, async () => {
    await using pair = await connectRaw();
    const { peer, far } = pair;
    let called = Promise.withResolvers<string>();
    far.onPartial = () => called.resolve("partial");
    const whole = far.receive();
    await peer.send("whole\n");
    assertEquals(await deadline(Promise.race([called.promise, whole]), 10_000), "whole\n");
    const line = far.receive();
    await peer.send("beginning, ");
    assertEquals(await deadline(called.promise, 10_000), "partial");
    await peer.send("end\n");
    assertEquals(await deadline(line, 10_000), "beginning, end\n");
    if (far.takesBlobs === undefined) return;
    far.takesBlobs = true;
    called = Promise.withResolvers();
    const blob = far.receive();
    await peer.send("#2\na");
    assertEquals(await deadline(called.promise, 10_000), "partial");
    await peer.send("b");
    assertEquals(await deadline(blob, 10_000), new TextEncoder().encode("ab"));
    called = Promise.withResolvers();
    const behind = far.receive();
    assertEquals(await deadline(called.promise, 10_000), "partial"); // its line is missing
    await peer.send("line\n");
    assertEquals(await deadline(behind, 10_000), "line\n");
  });
}
