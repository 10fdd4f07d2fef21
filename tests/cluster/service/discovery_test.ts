import { assertEquals } from "@std/assert";
import { answerDiscovery, ServiceStats } from "../../../lib/cluster/service/discovery.ts";
import { MemoryHub } from "../../support/memory_bus.ts";
import { turns } from "../../support/transport_contract.ts";

async function ask(subject: string, stats = new ServiceStats()) {
  const hub = new MemoryHub();
  using _answering = answerDiscovery(hub.connect(), {
    service: "orders",
    instance: "i1",
    description: "what shops ask",
    startedMs: Date.UTC(2026, 0, 1),
    stats,
  });
  const answers: Record<string, unknown>[] = [];
  const asker = hub.connect();
  using _heard = asker.subscribe("answers", ({ data, isNobody }) => {
    if (!isNobody) answers.push(JSON.parse(new TextDecoder().decode(data)));
  });
  asker.publish(subject, new Uint8Array(), "answers");
  asker.publish(subject, new Uint8Array()); // nobody wants an answer to this one
  await turns(1);
  return answers;
}

/** The members of a value that are expected. */
function membersOf(value: unknown, expected: Record<string, unknown>): Record<string, unknown> {
  const found = value as Record<string, unknown>;
  return Object.fromEntries(Object.keys(expected).map((name) => [name, found[name]]));
}

function assertHas(value: unknown, expected: Record<string, unknown>): void {
  assertEquals(membersOf(value, expected), expected);
}

Deno.test("ping is answered to everybody, to a name and to an id, as ADR-32 has it", async () => {
  for (const subject of ["$SRV.PING", "$SRV.PING.orders", "$SRV.PING.orders.i1"]) {
    const [answer] = await ask(subject);
    assertHas(answer, {
      type: "io.nats.micro.v1.ping_response",
      name: "orders",
      id: "i1",
      metadata: { protocol: "dari/1" },
    });
    assertEquals(/^\d+\.\d+\.\d+/.test(String(answer?.version)), true);
  }
  assertEquals(await ask("$SRV.PING.others"), []);
});

Deno.test("info names the endpoint on which clients introduce themselves", async () => {
  const [answer] = await ask("$SRV.INFO.orders");
  assertHas(answer, {
    type: "io.nats.micro.v1.info_response",
    description: "what shops ask",
    endpoints: [{ name: "open", subject: "dari.orders.open", queue_group: "q", metadata: {} }],
  });
});

Deno.test("stats count introductions, their time in nanoseconds and the last refusal", async () => {
  const stats = new ServiceStats();
  const [none] = await ask("$SRV.STATS.orders", stats);
  assertHas((none?.endpoints as unknown[])[0], { num_requests: 0, average_processing_time: 0 });
  stats.count(1);
  stats.count(2, "too many");
  const [answer] = await ask("$SRV.STATS.orders", stats);
  assertHas(answer, {
    type: "io.nats.micro.v1.stats_response",
    started: "2026-01-01T00:00:00.000Z",
  });
  assertHas((answer?.endpoints as unknown[])[0], {
    num_requests: 2,
    num_errors: 1,
    last_error: "too many",
    processing_time: 3_000_000,
    average_processing_time: 1_500_000,
  });
});
