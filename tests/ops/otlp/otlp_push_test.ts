import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";
import { OtlpPush } from "../../../lib/ops/otlp/otlp_push.ts";
import { FakeTimers } from "../../support/fake_timers.ts";

const INTERVAL_MS = 60_000;

/** A push whose requests the test answers, and whose time it moves. */
function pushing(answers: (Response | Error)[]) {
  const timers = new FakeTimers();
  const registry = new MetricsRegistry();
  registry.counter({ name: "orders", help: "" }).of().add(7);
  const sentAt: number[] = [];
  const told: string[] = [];
  const settings = {
    ...{ url: "http://localhost:4318/v1/metrics", headers: { "x-a": "b" }, resource: {} },
    ...{ intervalMs: INTERVAL_MS, timeoutMs: 1_000 },
  };
  const push = new OtlpPush({
    ...{ source: registry, settings, startedAtMs: 0, now: () => timers.now },
    tell: (line) => void told.push(line),
    fetch() {
      sentAt.push(timers.now);
      const answer = answers.shift() ?? new Response(null);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  });
  return {
    ...{ push, sentAt, told },
    /** Lets time pass, minute by minute. */
    async pass(minutes: number) {
      for (let n = 0; n < minutes; n++) {
        timers.advance(INTERVAL_MS);
        for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      }
    },
    async [Symbol.asyncDispose]() {
      await push[Symbol.asyncDispose]();
      timers[Symbol.dispose]();
    },
  };
}

const minutes = (times: readonly number[]) => times.map((ms) => ms / INTERVAL_MS);

Deno.test("metrics are sent once an interval, and once more at the end", async () => {
  const { sentAt, pass, push, told, ...rest } = pushing([]);
  await using _ = rest;
  await pass(3);
  assertEquals(minutes(sentAt), [1, 2, 3]);
  await push[Symbol.asyncDispose]();
  assertEquals([minutes(sentAt), told], [[1, 2, 3, 3], []]);
});

Deno.test("after failures the pause doubles up to a bound, and each change is told once", async () => {
  const refused = () => new Response(null, { status: 503 });
  const answers = [new TypeError("connection refused"), refused(), refused(), refused(), refused()];
  await using pushed = pushing(answers);
  await pushed.pass(40);
  assertEquals(minutes(pushed.sentAt), [1, 3, 7, 15, 25, 35, 36, 37, 38, 39, 40]);
  assertEquals(limits.maxOtlpPauseMs, 10 * INTERVAL_MS);
  assertEquals(pushed.told, [
    "Metrics cannot be sent to http://localhost:4318: connection refused",
    "Metrics are sent to http://localhost:4318 again",
  ]);
});

Deno.test("a collector says how long it wants to be left alone", async () => {
  const headers = { "retry-after": "240" };
  await using pushed = pushing([new Response(null, { status: 429, headers })]);
  await pushed.pass(6);
  assertEquals(minutes(pushed.sentAt), [1, 5, 6]);
});

Deno.test("a collector of ten lines takes what is sent", async () => {
  const taken = Promise.withResolvers<{ type: string | null; body: string }>();
  await using collector = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, async (request) => {
    taken.resolve({
      type: `${request.method} ${new URL(request.url).pathname} ${request.headers.get("x-a")}`,
      body: await request.text(),
    });
    return Response.json({});
  });
  const registry = new MetricsRegistry();
  registry.counter({ name: "orders", help: "" }).of().add(7);
  const { port } = collector.addr;
  await using _ = new OtlpPush({
    ...{ source: registry, startedAtMs: 0, now: () => 1, tell: () => {} },
    settings: {
      ...{ url: `http://127.0.0.1:${port}/v1/metrics`, headers: { "x-a": "b" }, resource: {} },
      ...{ intervalMs: 1, timeoutMs: 5_000 },
    },
  });
  const { type, body } = await taken.promise;
  assertEquals(type, "POST /v1/metrics b");
  const [{ scopeMetrics: [{ metrics }] }] = JSON.parse(body).resourceMetrics;
  assertEquals(metrics[0].sum.dataPoints[0].asDouble, 7);
});
