import { assertEquals } from "@std/assert";
import { Outbox } from "../../../lib/rpc/outbox/outbox.ts";
import { memoryPair } from "../../../lib/transport/memory.ts";

Deno.test("lines that are held leave with the next flush, and those behind it with the turn", async () => {
  const [near] = memoryPair();
  const sent: string[] = [];
  near.send = (lines) => Promise.resolve(void sent.push(lines));
  const outbox = new Outbox(near, 10, () => {});
  outbox.hold();
  outbox.push("a");
  for (let microtask = 0; microtask < 20; microtask++) await Promise.resolve();
  assertEquals(sent, []);
  outbox.push("b");
  outbox.flush();
  assertEquals(sent, ["a\nb\n"]);
  for (let microtask = 0; microtask < 20; microtask++) await Promise.resolve();
  outbox.push("c");
  await Promise.resolve();
  assertEquals(sent, ["a\nb\n", "c\n"]);
});
