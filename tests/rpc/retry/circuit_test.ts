import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError, RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import {
  Circuit,
  type CircuitOptions,
  type CircuitStatus,
} from "../../../lib/rpc/retry/circuit.ts";
import { TestClock } from "../../support/clock.ts";
import { startPair } from "../../support/rpc_pair.ts";

const gone = new DariError("unavailable", "the server is gone");

function setUp(options: CircuitOptions = {}) {
  const clock = new TestClock();
  const changes: CircuitStatus[] = [];
  const circuit = new Circuit(
    { minCalls: 4, openMs: 1_000, onChange: (status) => changes.push(status), ...options },
    () => clock.monotonic(),
  );
  const fail = (times: number, error: unknown = gone) => {
    for (let n = 0; n < times; n++) circuit.admit().failed(error);
  };
  const succeed = (times: number) => {
    for (let n = 0; n < times; n++) circuit.admit().succeeded();
  };
  return { clock, circuit, changes, fail, succeed };
}

Deno.test("Circuit opens at its share of failures, and says why and for how long", () => {
  const { clock, circuit, changes, fail, succeed } = setUp();
  succeed(3);
  fail(2);
  assertEquals(circuit.status, { state: "closed" });
  fail(1);
  const reason = "3 of the last 6 calls failed, the last one: the server is gone";
  assertEquals(circuit.status, { state: "open", reason, retryAfterMs: 1_000 });
  clock.advance(400);
  const error = assertThrows(() => circuit.admit(), DariError);
  assertEquals([error.code, error.retryAfterMs], ["unavailable", 600]);
  assertEquals(
    error.message,
    `The circuit to this server is open for another 600 ms: ${reason}`,
  );
  assertEquals(changes.map(({ state }) => state), ["open"]);
});

Deno.test("Circuit lets one call try the server, and closes when that is answered", () => {
  const { clock, circuit, changes, fail, succeed } = setUp();
  const early = circuit.admit();
  fail(4);
  clock.advance(1_000);
  assertThrows(() => circuit.admit(false), DariError, "open for another");
  const probe = circuit.admit();
  const refused = assertThrows(() => circuit.admit(), DariError, "half open");
  assertEquals(refused.retryAfterMs, limits.circuitProbeWaitMs);
  early.failed(gone);
  assertEquals(circuit.status.state, "half-open");
  probe.failed(new DariError("not_found", "an answer all the same"));
  assertEquals(changes.map(({ state }) => state), ["open", "half-open", "closed"]);
  fail(3);
  succeed(1);
  assertEquals(circuit.status.state, "closed");
});

Deno.test("Circuit opens again when the call that tries the server fails", () => {
  const { clock, circuit, changes, fail } = setUp();
  fail(4);
  clock.advance(1_000);
  circuit.admit().failed(new DariError("cancelled", "given up"));
  circuit.admit().failed(gone);
  assertEquals(changes.map(({ state }) => state), ["open", "half-open", "open"]);
  assertEquals(circuit.status.reason, "a call that tried it failed: the server is gone");
  assertEquals(circuit.status.retryAfterMs, 1_000);
});

Deno.test("Circuit forgets what is older than its window", () => {
  const { clock, circuit, fail, succeed } = setUp({ windowMs: 1_000 });
  fail(3);
  clock.advance(500);
  succeed(3);
  clock.advance(500);
  fail(1);
  assertEquals(circuit.status.state, "closed");
  clock.advance(5_000);
  fail(3);
  assertEquals(circuit.status.state, "closed");
  fail(1);
  assertEquals(circuit.status.state, "open");
});

Deno.test("Circuit counts the errors that it is told to count", () => {
  const { circuit, fail } = setUp({ failureCodes: ["internal"] });
  fail(20);
  assertEquals(circuit.status.state, "closed");
  fail(20, new RpcError("internal", "Internal error"));
  assertEquals(circuit.status.state, "open");
});

const wrong: readonly [CircuitOptions, string][] = [
  [{ failureRate: 0 }, "circuit.failureRate is 0"],
  [{ failureRate: 1.5 }, "circuit.failureRate is 1.5"],
  [{ minCalls: 0 }, "circuit.minCalls is 0"],
  [{ windowMs: NaN }, "circuit.windowMs is NaN"],
  [{ openMs: -1 }, "circuit.openMs is -1"],
];

for (const [options, message] of wrong) {
  Deno.test(`Circuit refuses options that cannot be used: ${message}`, () => {
    assertThrows(() => new Circuit(options, () => 0), RangeError, message);
  });
}

Deno.test("Circuit has its defaults from the limits", () => {
  const circuit = new Circuit({}, () => 0);
  const { circuitMinCalls, circuitFailureRate, circuitWindowMs, circuitOpenMs } = limits;
  const failures = circuitMinCalls * circuitFailureRate;
  for (let n = failures; n < circuitMinCalls; n++) circuit.admit().succeeded();
  for (let n = 0; n < failures; n++) circuit.admit().failed(gone);
  assertEquals([circuit.status.retryAfterMs, circuitWindowMs], [circuitOpenMs, 10_000]);
});

Deno.test("a client with a circuit refuses calls and streams while it is open", async () => {
  let runs = 0;
  const methods = {
    busy() {
      runs++;
      throw new DariError("unavailable", "no disk");
    },
    async *count() {
      yield await Promise.resolve(1);
    },
  };
  const states: string[] = [];
  const circuit = {
    minCalls: 2,
    openMs: 60_000,
    onChange: ({ state }: CircuitStatus) => states.push(state),
  };
  await using pair = await startPair(methods, {}, { circuit });
  const { client } = pair;
  for (let n = 0; n < 2; n++) await assertRejects(() => client.call("busy"), RpcError, "no disk");
  const error = await assertRejects(() => client.call("busy"), DariError, "2 of the last 2 calls");
  assertEquals(error.code, "unavailable");
  await assertRejects(() => client.stream("count").next(), DariError, "circuit");
  assertEquals([runs, states, client.stats().circuit?.state], [2, ["open"], "open"]);
});

Deno.test("a circuit whose hook throws works all the same", () => {
  const { circuit, fail } = setUp({
    onChange() {
      throw new Error("not my fault");
    },
  });
  const { error } = console;
  console.error = () => {};
  try {
    fail(4);
  } finally {
    console.error = error;
  }
  assertEquals(circuit.status.state, "open");
});
