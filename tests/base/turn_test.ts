import { setImmediate } from "node:timers";
import { assert, assertEquals } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { socketTurn, turn, turnIfDue } from "../../lib/base/turn.ts";

Deno.test("turnIfDue() lets timers run beside a loop of promises that are resolved already", async () => {
  let fired = false;
  setTimeout(() => fired = true, 0);
  let rounds = 0;
  for (; !fired && rounds < 50_000_000; rounds++) await (turnIfDue() ?? Promise.resolve());
  assert(fired, "the timer starved");
});

Deno.test("turnIfDue() gives one turn in limits.turnMs, and none to most rounds", async () => {
  const start = performance.now();
  const turns = new Set<Promise<void>>();
  for (let round = 0; round < 1_000; round++) {
    const due = turnIfDue();
    if (due !== undefined) turns.add(due);
    await due;
  }
  const most = 1 + (performance.now() - start) / limits.turnMs;
  assert(turns.size <= most, `${turns.size} turns where ${most} are due`);
});

Deno.test("turnIfDue() returns a turn until it comes: the first who is given it may not wait", async () => {
  let turned = false;
  setImmediate(() => turned = true);
  // Two calls a round, so that it is always the same one of them that reads the clock.
  for (let round = 0; !turned && round < 1_000_000; round++) {
    await (turnIfDue() ?? Promise.resolve());
    void turnIfDue();
  }
  assert(turned, "the event loop had no turn");
});

Deno.test("turn() lets microtasks run first", async () => {
  const order: string[] = [];
  queueMicrotask(() => order.push("microtask"));
  await turn().then(() => order.push("turn"));
  assertEquals(order, ["microtask", "turn"]);
});

/** Two ends of a connection, one of which waits for a byte that the other has sent. */
async function sentByte() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const [sender, receiver] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port }),
    listener.accept(),
  ]);
  listener.close();
  const state = { hasArrived: false };
  const reading = receiver.read(new Uint8Array(1)).then(() => state.hasArrived = true);
  await turn();
  await sender.write(new Uint8Array(1));
  return {
    state,
    async [Symbol.asyncDispose]() {
      await reading;
      sender.close();
      receiver.close();
    },
  };
}

Deno.test("socketTurn() looks at the sockets, although one turn follows the other", async () => {
  await using byte = await sentByte();
  let turns = 0;
  for (; !byte.state.hasArrived && turns < 100; turns++) await socketTurn();
  assert(turns <= 2, `the byte came after ${turns} turns`);
});

Deno.test("turn() alone looks at the sockets after limits.turnsUntilSockets at the latest", async () => {
  await using byte = await sentByte();
  let turns = 0;
  for (; !byte.state.hasArrived && turns < 1_000; turns++) await turn();
  assert(turns <= 2 * limits.turnsUntilSockets, `the byte came after ${turns} turns`);
});

Deno.test("a loop of turnIfDue() looks at the sockets too", async () => {
  await using byte = await sentByte();
  let turns = 0;
  while (!byte.state.hasArrived && turns < 1_000) {
    const due = turnIfDue();
    if (due === undefined) continue;
    turns++;
    await due;
  }
  assert(turns <= 2 * limits.turnsUntilSockets, `the byte came after ${turns} turns`);
});
