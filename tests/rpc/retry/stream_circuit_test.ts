import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { DariError } from "../../../lib/base/errors.ts";
import type { CircuitOptions, CircuitStatus } from "../../../lib/rpc/retry/circuit.ts";
import { Circuit } from "../../../lib/rpc/retry/circuit.ts";
import { StreamCircuit } from "../../../lib/rpc/retry/stream_circuit.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import { TestClock } from "../../support/clock.ts";
import { startPair } from "../../support/rpc_pair.ts";
import { UnsteadyServer } from "../../support/unsteady_server.ts";

const gone = new DariError("unavailable", "no disk");

/** A circuit, and who waits for it to turn. */
function watched(options: CircuitOptions) {
  const states: string[] = [];
  const closed = Promise.withResolvers<void>();
  const onChange = ({ state }: CircuitStatus) => {
    states.push(state);
    if (state === "closed") closed.resolve();
  };
  return { states, closed: closed.promise, circuit: { ...options, onChange } };
}

const methods = {
  async *broken({ after }: { after: number }) {
    for (let n = 0; n < after; n++) yield n;
    throw await Promise.resolve(gone);
  },
  async *count() {
    yield await Promise.resolve(1);
  },
  async *never() {
    yield await new Promise<number>(() => {});
  },
};

Deno.test("StreamCircuit lets no stream try a server, and has a ping do so once it is time", () => {
  const clock = new TestClock();
  const circuit = new Circuit({ minCalls: 1, openMs: 1_000 }, () => clock.monotonic());
  let pings = 0;
  const streams = new StreamCircuit(circuit, () => {
    pings++;
    circuit.admit();
  });
  streams.admit()!.failed(gone);
  const refused = () => assertThrows(() => streams.admit(), DariError, "circuit").retryAfterMs;
  assertEquals([refused(), pings], [1_000, 0]);
  clock.advance(1_000);
  refused();
  refused(); // a ping is under way
  assertEquals([pings, circuit.status.state], [1, "half-open"]);
  assertEquals(new StreamCircuit(undefined, () => pings++).admit(), undefined);
});

Deno.test("streams that fail open the circuit, with and without items, and those that end well do not", async () => {
  const { circuit, states } = watched({ minCalls: 4, openMs: 60_000 });
  await using pair = await startPair(methods, {}, { circuit });
  const { client } = pair;
  for (let n = 0; n < 6; n++) await Array.fromAsync(client.stream("count"));
  for (let n = 0; n < 5; n++) {
    const broken = client.stream("broken", { after: n % 2 });
    await assertRejects(() => Array.fromAsync(broken), DariError, "no disk");
  }
  assertEquals([states, client.stats().circuit?.state], [[], "closed"]); // 5 of 11
  const last = client.stream("broken", { after: 1 });
  await assertRejects(() => Array.fromAsync(last), DariError, "no disk");
  assertEquals(states, ["open"]); // 6 of 12
  const reason = "6 of the last 12 calls failed, the last one: no disk";
  assertEquals(client.stats().circuit?.reason, reason);
});

Deno.test("a stream that its caller gives up says nothing", async () => {
  const { circuit, states } = watched({ minCalls: 2, openMs: 60_000, failureRate: 1 });
  await using pair = await startPair(methods, {}, { circuit });
  const { client } = pair;
  for (let n = 0; n < 4; n++) {
    const stop = new AbortController();
    const stream = client.stream("never", undefined, { signal: stop.signal });
    const waiting = assertRejects(() => stream.next(), DariError, "cancelled");
    stop.abort();
    await waiting;
    await client.stream("never").return();
  }
  for (let n = 0; n < 2; n++) {
    const broken = client.stream("broken", { after: 0 });
    await assertRejects(() => Array.fromAsync(broken), DariError, "no disk");
  }
  assertEquals(states, ["open"]); // two of two
});

Deno.test("a client that has nothing but streams comes back", async () => {
  const { circuit, states, closed } = watched({ minCalls: 1, openMs: 0 });
  await using pair = await startPair(methods, {}, { circuit });
  const { client } = pair;
  const broken = client.stream("broken", { after: 0 });
  await assertRejects(() => Array.fromAsync(broken), DariError, "no disk");
  await assertRejects(() => client.stream("count").next(), DariError, "The circuit to this server");
  await deadline(closed, 10_000);
  assertEquals(states, ["open", "half-open", "closed"]);
  assertEquals(await Array.fromAsync(client.stream("count")), [1]);
});

Deno.test("a stream that is cut counts as failed, and goes on once the circuit lets it", async () => {
  await using place = new UnsteadyServer();
  let isCut = false;
  const count = method({
    cursor: { param: "from" },
    async *handler({ from = 0 }: { from?: number }) {
      for (let n = from + 1; n <= 4; n++) {
        yield n;
        await new Promise((resolve) => setTimeout(resolve, 0)); // it has left by then
        if (n !== 2 || isCut) continue;
        isCut = true;
        place.cut();
      }
    },
  });
  await place.start({ count });
  const { circuit, states } = watched({ minCalls: 3, openMs: 0, failureRate: 0.3 });
  await using client = new Client({ dial: place.dial, random: () => 0, circuit });
  await client.call("rpc.discover", undefined, { idempotent: true });
  await client.call("rpc.ping");
  assertEquals(await Array.fromAsync(client.stream("count", {})), [1, 2, 3, 4]);
  assertEquals(states, ["open", "half-open", "closed"]);
  assertEquals(client.stats().resumed, 1);
});
