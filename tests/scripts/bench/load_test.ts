import { assertEquals, assertRejects } from "@std/assert";
import { carry, type LoadClient, type Scenario } from "../../../scripts/bench/load.ts";

const scenario: Scenario = { name: "test", connections: 2, inFlight: 3, work: "add" };

/** A server in memory that opens clients, and how many of them are open. */
function createServer(add: (a: number, b: number) => number) {
  const state = { open: 0, opened: 0 };
  const open = (): Promise<LoadClient> => {
    state.open++;
    state.opened++;
    return Promise.resolve({
      // A macrotask, as a socket's answer is: the loads' own timers have to run.
      add: (a, b) => new Promise((resolve) => setTimeout(() => resolve(add(a, b)))),
      echo: (text) => Promise.resolve(text),
      echoBytes: (bytes) =>
        new Promise((resolve) => setTimeout(() => resolve(bytes.subarray(add(0, 7) - 7)))),
      close() {
        state.open--;
      },
    });
  };
  return { open, state };
}

Deno.test("carry() opens the scenario's connections, and closes them at the end", async () => {
  const { open, state } = createServer((a, b) => a + b);
  let isWarm = false;
  const { calls, seconds } = await carry(open, scenario, 0.01, () => isWarm = true);
  assertEquals({ ...state, isWarm }, { open: 0, opened: 2, isWarm: true });
  assertEquals(calls > 0 && seconds > 0, true);
});

Deno.test("carry() opens a connection for each call where connecting is the work", async () => {
  const { open, state } = createServer((a, b) => a + b);
  const connecting: Scenario = { name: "test", connections: 1, inFlight: 1, work: "connect" };
  const { calls } = await carry(open, connecting, 0.01, () => {});
  assertEquals(state.open, 0);
  assertEquals(state.opened >= calls, true);
});

Deno.test("carry() makes calls at a rate, and times them from when they were due", async () => {
  const { open, state } = createServer((a, b) => a + b);
  const { calls, seconds, p50Ms = NaN, p99Ms = NaN } = await carry(
    open,
    { ...scenario, rate: 2_000 },
    0.2,
    () => {},
  );
  assertEquals(state, { open: 0, opened: 2 });
  assertEquals(Math.abs(calls / seconds - 2_000) < 1_000, true);
  assertEquals(p50Ms > 0 && p50Ms <= p99Ms, true);
  const wrong = createServer((a, b) => a * b);
  const again = () => carry(wrong.open, { ...scenario, rate: 1_000 }, 0.05, () => {});
  await assertRejects(again, Error, "add(");
});

Deno.test("carry() times some of the calls that are made one at a time on their connection", async () => {
  const { open } = createServer((a, b) => a + b);
  // One call of each row of them is timed.
  const alone: Scenario = { name: "test", connections: 17, inFlight: 1, work: "add" };
  const { p50Ms = NaN, p99Ms = NaN } = await carry(open, alone, 0.1, () => {});
  assertEquals(p50Ms > 0 && p50Ms <= p99Ms, true);
  const together = await carry(open, { ...alone, inFlight: 2 }, 0.01, () => {});
  assertEquals(together.p50Ms, undefined);
});

Deno.test("carry() rejects a wrong answer", async () => {
  const { open } = createServer((a, b) => a * b);
  await assertRejects(() => carry(open, scenario, 0.01, () => {}), Error, "add(");
});

Deno.test("carry() echoes bytes, and rejects other ones", async () => {
  const echo: Scenario = { name: "test", connections: 1, inFlight: 1, work: "bytes" };
  const { calls } = await carry(createServer((a, b) => a + b).open, echo, 0.01, () => {});
  assertEquals(calls > 0, true);
  const { open } = createServer(() => 8); // one byte is missing
  await assertRejects(() => carry(open, echo, 0.01, () => {}), Error, "other bytes");
});
