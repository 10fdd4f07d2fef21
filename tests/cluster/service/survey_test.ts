import { assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { NatsService } from "../../../lib/cluster/service/nats_service.ts";
import type { InstanceState } from "../../../lib/cluster/service/discovery.ts";
import { surveyService } from "../../../lib/cluster/service/survey.ts";
import { FakeTimers } from "../../support/fake_timers.ts";
import { MemoryHub } from "../../support/memory_bus.ts";

function offer(hub: MemoryHub, state?: () => InstanceState) {
  return new NatsService(hub.connect(), {
    ...{ service: "orders", description: "", maxStreams: 1, state },
    onStream: () => {},
    onRefused: () => {},
    onForbidden: () => {},
  });
}

/** Asks, and lets the time for answers pass. */
async function survey(hub: MemoryHub, bus = hub.connect()) {
  using timers = new FakeTimers();
  const asking = surveyService(bus, "orders");
  asking.catch(() => {});
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  timers.advance(limits.natsDiscoverMs);
  return await asking;
}

const state: InstanceState = {
  ...{ server: "box-b", health: "SERVING", connections: 3, certificateNotAfterMs: 5_000 },
  ...{ storeStalenessMs: 12, messagesStalenessMs: Infinity },
  calls: { active: 1, total: 20, perSecond: 2.5 },
};

Deno.test("surveyService() gives each server that answers in time, by name", async () => {
  const hub = new MemoryHub();
  using b = offer(hub, () => state);
  using a = offer(hub, () => ({ ...state, server: "box-a", calls: undefined }));
  using plain = offer(hub);
  const seen = await survey(hub);
  assertEquals(seen.map(({ server, instance }) => [server, instance]), [
    [undefined, plain.instance],
    ["box-a", a.instance],
    ["box-b", b.instance],
  ]);
  const { instance: _, version, startedMs, ...told } = seen[2]!;
  assertEquals(told, state as typeof told);
  assertEquals([/^\d+\./.test(version), typeof startedMs], [true, "number"]);
  b.close(); // it drains, and is not there any more
  assertEquals((await survey(hub)).length, 2);
});

Deno.test("surveyService() ends at once where nobody offers the service, or NATS lets nobody ask", async () => {
  const hub = new MemoryHub();
  assertEquals(await surveyService(hub.connect(), "orders", 600_000), []);
  const bus = hub.connect();
  bus.forbidden.push("$SRV.STATS.orders");
  const asking = surveyService(bus, "orders", 600_000);
  const error = await assertRejects(() => asking, TransportError, "does not let this program ask");
  assertEquals(error.retryable, false);
});

Deno.test("surveyService() takes from answers only what belongs there, and no more than it can use", async () => {
  const hub = new MemoryHub();
  const answer = (value: Record<string, unknown>) => ({ name: "orders", id: "i1", ...value });
  const padded = (length: number) => {
    const value = answer({ id: `i${length}`, pad: "" });
    return { ...value, pad: "x".repeat(length - JSON.stringify(value).length) };
  };
  const data = { server: "\u001b[2J", health: 1, connections: -1, calls: { active: "1" } };
  const answers: unknown[] = [
    "text",
    null,
    answer({ name: "others", id: "i2" }),
    answer({ id: "i 3" }),
    answer({ version: "1.0.0", started: "never", endpoints: [{ data }] }),
    padded(limits.maxNatsStatsBytes),
    padded(limits.maxNatsStatsBytes + 1),
  ];
  const server = hub.connect();
  using _server = server.subscribe("$SRV.STATS.orders", ({ reply }) => {
    for (const each of answers) {
      server.publish(reply, new TextEncoder().encode(JSON.stringify(each)));
    }
  });
  const seen = await survey(hub);
  assertEquals(seen.map(({ instance }) => instance), ["i1", `i${limits.maxNatsStatsBytes}`]);
  const { calls, instance: _, version, ...rest } = seen[0]!;
  assertEquals([version, ...Object.values({ ...rest, ...calls })].filter((one) => one), ["1.0.0"]);
  answers.splice(0, Infinity, ...Array.from({ length: 300 }, (_, at) => answer({ id: `i${at}` })));
  assertEquals((await survey(hub)).length, limits.maxServers);
});
