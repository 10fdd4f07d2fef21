import { assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../lib/base/errors.ts";
import { listenMemory, memoryPair } from "../../lib/transport/memory.ts";

Deno.test("listenMemory() gives the far end of each connection in order", async () => {
  const listener = listenMemory();
  const first = await listener.connect();
  const sending = first.send("first\n");
  await listener.connect();
  const far = [];
  for await (const connection of listener) {
    far.push(connection);
    if (far.length === 2) break;
  }
  assertEquals(await far[0]?.receive(), "first\n");
  await sending;
});

Deno.test("a closed memory listener refuses connections and drops those that nobody took", async () => {
  const listener = listenMemory();
  const waiting = await listener.connect();
  listener.close();
  assertEquals(await waiting.receive(), null);
  assertEquals(await Array.fromAsync(listener), []);
  await assertRejects(() => listener.connect(), TransportError, "Nothing listens");
});

Deno.test("two ends that never fall silent let timers run", async () => {
  const [left, right] = memoryPair();
  const echo = (async () => {
    for (let lines = await right.receive(); lines !== null; lines = await right.receive()) {
      await right.send(String(lines));
    }
  })();
  let fired = false;
  setTimeout(() => fired = true, 0);
  for (let round = 0; !fired; round++) {
    assertEquals(round < 5_000_000, true, "the timer starved");
    const answer = left.receive();
    await left.send("ping\n");
    assertEquals(await answer, "ping\n");
  }
  await left.close();
  await echo;
});
