import { assertEquals } from "@std/assert";
import { delay } from "../../../lib/base/abort.ts";
import { ConnectionMetrics } from "../../../lib/ops/metrics/connection_metrics.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";
import { startPair } from "../../support/rpc_pair.ts";

function counting() {
  const registry = new MetricsRegistry();
  const metrics = new ConnectionMetrics(registry);
  const values = (name: string) =>
    registry.collect().find((one) => one.name === `dari.server.${name}`)?.series
      .map(({ labels, value }) => [...Object.values(labels), value].join(" ")) ?? [];
  return { metrics, values };
}

Deno.test("connections are counted by transport while they are open, and all that began", async () => {
  const { metrics, values } = counting();
  {
    await using pair = await startPair({ ping: () => 1 }, { observer: metrics });
    await pair.client.call("ping");
    assertEquals(values("connections"), ["memory 1"]);
  }
  assertEquals(values("connections"), ["memory 0"]);
  assertEquals(values("connections.opened"), ["memory 1"]);
  assertEquals(values("connections.cut"), []);
});

Deno.test("connections that are refused or cut are counted", () => {
  const { metrics, values } = counting();
  const connection = { peer: { transport: "tcp", address: "192.0.2.1:1" } } as const;
  metrics.connectionRefused(connection);
  metrics.connectionOpened(connection);
  metrics.connectionClosed(connection, "it sent no JSON");
  assertEquals(values("connections.refused"), ["tcp 1"]);
  assertEquals(values("connections.cut"), ["tcp 1"]);
  assertEquals(values("connections"), ["tcp 0"]);
});

Deno.test("sign-ins are counted by method and error, and never by account", () => {
  const { metrics, values } = counting();
  metrics.signInSucceeded({ method: "rpc.login" });
  metrics.signInFailed({ method: "rpc.login", errorCode: "unauthenticated" });
  metrics.signInFailed({ method: "rpc.scram", errorCode: "resource_exhausted" });
  metrics.accountLocked();
  assertEquals(values("sign_ins"), [
    "rpc.login 1",
    "rpc.login unauthenticated 1",
    "rpc.scram resource_exhausted 1",
  ]);
  assertEquals(values("sign_ins.locked"), ["1"]);
});

Deno.test("calls that wait for the slot of a handler are recorded once they begin", async () => {
  const { metrics, values } = counting();
  const hold = Promise.withResolvers<void>();
  await using pair = await startPair({ wait: () => hold.promise }, {
    observer: metrics,
    maxConcurrentCalls: 1,
  });
  const calls = [pair.client.call("wait"), pair.client.call("wait"), pair.client.call("wait")];
  while (pair.server.waiting < 2) await delay(1);
  const recorded = () => Number(values("queue.delay")[0]);
  const before = recorded(); // on a busy machine the calls have waited for the thread as well
  hold.resolve();
  await Promise.all(calls);
  assertEquals([recorded() - before, pair.server.waiting], [2, 0]);
});

Deno.test("bytes are those that connections have carried, whether they are open or have ended", () => {
  const { metrics, values } = counting();
  const connection = (transport: "tls" | "unix") => ({ peer: { transport, address: "" } });
  const [one, other, silent] = [connection("tls"), connection("tls"), connection("unix")];
  const traffic = { sentBytes: 5, receivedBytes: 2 };
  metrics.connectionOpened(one, traffic);
  metrics.connectionOpened(silent, {}); // its transport cannot tell
  traffic.sentBytes = 50;
  assertEquals(values("io"), ["tls in 2", "tls out 50"]);
  metrics.connectionClosed(one);
  metrics.connectionOpened(other, { sentBytes: 1, receivedBytes: 1 });
  metrics.connectionClosed(silent);
  assertEquals(values("io"), ["tls in 3", "tls out 51"]);
});
