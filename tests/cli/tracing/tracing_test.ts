import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { openTracing, traceShare, traceShareOf } from "../../../lib/cli/tracing/tracing.ts";

Deno.test("calls are traced where Deno records spans", () => {
  const of = (typed?: number, value?: string) => traceShareOf(typed, () => value);
  assertEquals([of(), of(undefined, "false"), of(undefined, "")], [
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals([of(undefined, "true"), of(.5, "1"), of(0, "TRUE")], [0, .5, 0]);
  assertThrows(() => of(.5), DariError, "OTEL_DENO=true");
});

Deno.test("a share lies between 0 and 1", () => {
  assertEquals(["0", "0.01", "1"].map((typed) => traceShare.parse(typed)), [0, .01, 1]);
  for (const typed of ["1.1", "-1", "x", "1e-1", "."]) {
    assertEquals(traceShare.parse(typed), undefined);
  }
});

Deno.test("where nothing is traced the pool stays as it is", async () => {
  const pool = { call: () => Promise.resolve(1) };
  assertEquals(await openTracing(undefined, pool), { tracer: undefined, pool });
  const traced = await openTracing(0, undefined);
  assertEquals([traced.tracer === undefined, traced.pool], [false, undefined]);
});
