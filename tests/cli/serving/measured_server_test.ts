import { assertEquals, assertMatch } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { openServerMetrics } from "../../../lib/cli/serving/measured_server.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";
import { dari, startDari } from "../../support/dari_command.ts";
import { tempDirectory } from "../../support/temp.ts";

const LISTEN = ["--listen", "tcp://127.0.0.1:0"];

Deno.test("dari serve --metrics answers there, and says where", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const words = ["serve", "--data", data, ...LISTEN, "--metrics", "127.0.0.1:0"];
  await using server = startDari(words);
  const [url = ""] = /(?<=metrics at )\S+/.exec(await server.waitFor("ready")) ?? [];
  const reply = await fetch(url);
  const text = await reply.text();
  assertMatch(text, /^dari_info\{version="\d/m);
  assertMatch(text, /^dari_store_duration_seconds_count\{/m);
  await server.stop();
});

Deno.test("a place for metrics that cannot be had ends the start, and leaves nothing", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const start = ["serve", "--data", data, ...LISTEN, "--metrics"];
  const open = await dari([...start, "0.0.0.0:0"]);
  assertEquals(open.code, 78);
  assertMatch(open.err, /--insecure/);
  const malformed = await dari([...start, "9464"]);
  assertEquals(malformed.code, 64);
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { code, err } = await dari([...start, `127.0.0.1:${taken.addr.port}`]);
  taken.close();
  assertEquals(code, 69);
  assertMatch(err, /the port is in use/);
});

Deno.test("dari serve sends its metrics to a collector that the environment names", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const taken = Promise.withResolvers<string>();
  await using collector = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      taken.resolve(await request.text());
      return Response.json({});
    },
  );
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
    OTEL_METRIC_EXPORT_INTERVAL: "10",
    OTEL_SERVICE_NAME: "orders",
  };
  await using server = startDari(["serve", "--data", data, ...LISTEN], { env });
  await server.waitFor("ready");
  const { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] } = JSON.parse(
    await taken.promise,
  );
  assertEquals(resource.attributes[0].value.stringValue, "orders");
  assertEquals(metrics.some(({ name }: { name: string }) => name === "dari.info"), true);
  await server.stop();
  const wrong = await dari(["serve", "--data", data, ...LISTEN], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: "nowhere" },
  });
  assertEquals(wrong.code, 78);
});

Deno.test("the state of a server is looked at once in a while, however often it is asked for", () => {
  let nowMs = 1_000;
  const registry = new MetricsRegistry();
  const metrics = openServerMetrics(registry, () => nowMs);
  const open = registry.gauge({
    ...{ name: "dari.server.connections", help: "Connections that are open." },
    labels: ["transport"],
  });
  open.of("nats").add(1);
  assertEquals(metrics.state().connections, 1);
  open.of("nats").add(1);
  nowMs += limits.natsStateMs - 1;
  assertEquals(metrics.state().connections, 1);
  nowMs += 1;
  assertEquals(metrics.state().connections, 2);
});
