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

Deno.test("turnIfDue() gives one turn in limits.turnMs, and none to most rounds", () => {
  const start = performance.now();
  let turns = 0;
  for (let round = 0; round < 1_000; round++) if (turnIfDue() !== undefined) turns++;
  const most = 1 + (performance.now() - start) / limits.turnMs;
  assert(turns <= most, `${turns} turns where ${most} are due`);
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
