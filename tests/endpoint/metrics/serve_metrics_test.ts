import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { connect } from "../../../lib/endpoint/connect.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import { DariError } from "../../../lib/base/errors.ts";
import type { MetricsReport } from "../../../lib/ops/metrics/metrics_method.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";
import { tempDirectory } from "../../support/temp.ts";
import { ENGINES, startHttps } from "../../support/https_server.ts";

const methods = { add: ({ a, b }: { a: number; b: number }) => a + b };

Deno.test("serve({ metrics }) counts beside the observers of the program", async () => {
  const registry = new MetricsRegistry();
  registry.counter({ name: "shop.orders", help: "Orders." }).of().add(2);
  const ended: string[] = [];
  const memory = listenMemory();
  await using server = await serve({
    listen: memory,
    methods,
    metrics: { registry },
    observer: { callEnded: ({ method }) => void ended.push(method) },
  });
  await using client = await connect(memory);
  await client.call("add", { a: 1, b: 2 });
  const { metrics } = await client.call("rpc.metrics") as MetricsReport;
  const names = new Set(metrics.map(({ name }) => name));
  for (const name of ["shop.orders", "rpc.server.call.duration", "process.resident_memory"]) {
    assertEquals(names.has(name), true, name);
  }
  assertEquals(ended.includes("add"), true);
  assertEquals(server.addresses, ["memory"]);
});

Deno.test("a server without metrics has no rpc.metrics, and its gateway no /metrics", async () => {
  await using server = await startHttps(methods);
  const reply = await server.fetch("/metrics");
  assertEquals(reply.status, 404);
  assertStringIncludes(await reply.text(), "keeps no metrics");
});

Deno.test("metrics.listen answers by plain HTTP until the server closes", async () => {
  const memory = listenMemory();
  const registry = new MetricsRegistry();
  const told: string[] = [];
  const listen = "127.0.0.1:0";
  const server = await serve({
    listen: memory,
    methods,
    metrics: { registry, listen, onListening: (address) => void told.push(address) },
  });
  const [url = ""] = told;
  const reply = await fetch(url);
  assertEquals(reply.status, 200);
  assertMatch(await reply.text(), /^dari_info\{version="/m);
  await server.close();
  await assertRejects(() => fetch(url));
});

Deno.test("metrics beyond this machine are refused, and nothing is left of the server", async () => {
  const memory = listenMemory();
  await assertRejects(
    () => serve({ listen: memory, methods, metrics: { listen: "0.0.0.0:0" } }),
    DariError,
    "--insecure",
  );
  await assertRejects(() => memory.connect(), DariError, "Nothing listens");
});

for (const engine of ENGINES) {
  Deno.test(`/metrics of the ${engine} engine is for those who may call rpc.metrics`, async () => {
    await using server = await startHttps(methods, { engine }, { metrics: {} });
    const stranger = await server.fetch("/metrics");
    assertEquals(stranger.status, 401);
    await stranger.body?.cancel();
    const { identity } = server;
    await identity.accounts.add({ name: "bob", password: "a long enough password" });
    const { text } = await identity.keys.create({ account: "bob", name: "curl" });
    const ask = (key: string) =>
      server.fetch("/metrics", { headers: { authorization: `Bearer ${key}` } });
    const bob = await ask(text);
    assertEquals(bob.status, 403);
    await bob.body?.cancel();
    const admin = await ask(server.apiKey);
    assertEquals(admin.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assertMatch(await admin.text(), /^rpc_server_call_duration_seconds_count\{.*\} \d+$/m);
  });
}

Deno.test("metrics.otlp sends where the environment says, and asks for no permission", async () => {
  // Without the permission to read the environment nothing is sent, and nobody is asked.
  const program = `
    import { listenMemory, serve } from "${new URL("../../../mod.ts", import.meta.url)}";
    const server = await serve({ listen: listenMemory(), methods: {}, metrics: { otlp: true } });
    await server.close();
    console.log("done");
  `;
  const { code, stdout } = await runProgram(program, { OTEL_EXPORTER_OTLP_ENDPOINT: "nowhere" });
  assertEquals([code, stdout], [0, "done\n"]);
});

/** Runs a program that may do nothing. */
async function runProgram(text: string, env: Record<string, string>) {
  const root = new URL("../../../", import.meta.url).pathname;
  const maps = ["--config=deno.json", "--cached-only"];
  await using directory = await tempDirectory();
  const file = `${directory.path}/program.ts`;
  await Deno.writeTextFile(file, text);
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", ...maps, file],
    ...{ cwd: root, env, stdin: "null", stderr: "inherit" },
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout) };
}
