// With OTEL_DENO=true, Deno itself sends the spans.

import { assertEquals } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { tempDirectory } from "../../support/temp.ts";

const ROOT = new URL("../../../", import.meta.url);

interface SentSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

Deno.test("Deno sends the spans of a client and a server to a collector, as one trace", async () => {
  await using directory = await tempDirectory();
  const file = `${directory.path}/program.ts`;
  await Deno.writeTextFile(
    file,
    `import { connect, listenMemory, openTracer, serve } from "${new URL("mod.ts", ROOT)}";
     const tracer = await openTracer({ share: 1 });
     const memory = listenMemory();
     await using server = await serve({ listen: memory, methods: { ping: () => "pong" }, tracer });
     await using client = await connect(memory, { tracer });
     const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
     console.log(await client.call("ping", undefined, { meta: { traceparent } }));`,
  );
  const spans: SentSpan[] = [];
  const both = Promise.withResolvers<void>();
  await using collector = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { resourceSpans = [] } = await request.json();
      for (const { scopeSpans } of resourceSpans) {
        for (const scope of scopeSpans) spans.push(...scope.spans);
      }
      if (spans.filter(({ name }) => name === "ping").length === 2) both.resolve();
      return Response.json({});
    },
  );
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--config=deno.json", "--cached-only", file],
    cwd: ROOT,
    env: {
      OTEL_DENO: "true",
      OTEL_DENO_CONSOLE: "ignore",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.addr.port}`,
    },
    ...{ stdin: "null", stdout: "null", stderr: "inherit" },
  }).output();
  assertEquals(code, 0);
  await deadline(both.promise, 10_000);
  const [CLIENT, SERVER] = [3, 2]; // of the protocol's SpanKind
  const client = spans.find(({ kind }) => kind === CLIENT);
  const server = spans.find(({ kind }) => kind === SERVER);
  assertEquals(client?.traceId, "4bf92f3577b34da6a3ce929d0e0e4736");
  assertEquals(server?.traceId, client?.traceId);
  assertEquals([client?.parentSpanId, server?.parentSpanId], ["00f067aa0ba902b7", client?.spanId]);
});
