import { assertEquals, assertThrows } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import { ConnectionAge } from "../../../lib/rpc/server/connection_age.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { Wire } from "../../support/rpc_pair.ts";

Deno.test("a connection ends at its age, give or take a tenth", () => {
  for (const [random, atMs] of [[0, 900], [0.5, 1_000], [0.999_999, 1_100]] as const) {
    using timers = new FakeTimers();
    const graces: number[] = [];
    const age = new ConnectionAge({ maxConnectionAgeMs: 1_000, random: () => random });
    age.watch({ retire: (graceMs) => Promise.resolve(void graces.push(graceMs)) });
    timers.advance(atMs - 1);
    assertEquals(graces, []);
    timers.advance(1);
    assertEquals(graces, [limits.callTimeoutMs]);
    assertEquals(limits.connectionAgeJitterShare, 0.1);
  }
});

Deno.test("a connection that has ended before, or whose age has no bound, leaves no timer", () => {
  using timers = new FakeTimers();
  const retire = () => Promise.resolve();
  new ConnectionAge({ maxConnectionAgeMs: 1_000 }).watch({ retire })();
  new ConnectionAge({}).watch({ retire });
  assertEquals(timers.count, 0);
});

Deno.test("an age and a grace are above 0", () => {
  for (const wrong of [0, -1, NaN]) {
    assertThrows(() => new ConnectionAge({ maxConnectionAgeMs: wrong }), RangeError, "above 0");
    assertThrows(() => new ConnectionAge({ maxConnectionAgeGraceMs: wrong }), RangeError);
  }
});

Deno.test("calls go on over new connections as old ones end, and what runs is finished", async () => {
  using timers = new FakeTimers();
  const released = Promise.withResolvers<string>();
  const memory = listenMemory();
  let dialled = 0;
  const methods = { one: () => 1, wait: () => released.promise };
  await using _server = await serve({ listen: memory, methods, maxConnectionAgeMs: 100 });
  await using client = new Client<typeof methods>({
    dial: () => {
      dialled++;
      return memory.connect();
    },
  });
  const waiting = client.call("wait");
  for (let round = 0; round < 100 && dialled < 4; round++) {
    // The answer comes behind that to rpc.hello, by which the server knows that it may drain.
    assertEquals(await client.call("one"), 1);
    timers.advance(110);
  }
  assertEquals(dialled, 4);
  released.resolve("done");
  assertEquals(await waiting, "done");
});

Deno.test("a client that does not know rpc.drain keeps its old connection", async () => {
  using timers = new FakeTimers();
  await using wire = await Wire.open({ one: () => 1 }, { maxConnectionAgeMs: 1_000 });
  assertEquals((await wire.ask({ jsonrpc: "2.0", id: 1, method: "one" })).result, 1);
  timers.advance(2_000);
  assertEquals((await wire.ask({ jsonrpc: "2.0", id: 2, method: "one" })).result, 1);
});
