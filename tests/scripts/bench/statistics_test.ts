import { assertEquals } from "@std/assert";
import type { Sample } from "../../../scripts/bench/process.ts";
import { compare, median, percentile99, summarize } from "../../../scripts/bench/statistics.ts";

function sampleOf(rate: number): Sample {
  const memory = { serverRssBytes: 3, clientRssBytes: 4 };
  return { rate, serverCpuUs: 1, clientCpuUs: 2, p50Us: 5, p99Us: 6, ...memory };
}

Deno.test("median() is the middle value, or the mean of the middle two", () => {
  assertEquals(median([9, 1, 5]), 5);
  assertEquals(median([9, 1, 5, 6]), 5.5);
  assertEquals(median([]), NaN);
});

Deno.test("summarize() compares each round with the baseline's of the same round", () => {
  // The machine was busy in the second round: the rates halve, the ratio stays.
  const figure = summarize(
    "dari",
    "echo",
    [80, 40, 90].map(sampleOf),
    [100, 50, 100].map(sampleOf),
  );
  assertEquals(figure.ratio, 0.8);
  assertEquals(figure.rate, 80);
  assertEquals(figure.rates, [80, 40, 90]);
  assertEquals(figure.ratios, [0.8, 0.8, 0.9]);
  assertEquals(figure.p99Us, 6);
  assertEquals(figure.clientCpuUs, 2);
});

Deno.test("summarize() gives no ratio without a baseline", () => {
  assertEquals(summarize("dari", "echo", [sampleOf(1)], undefined).ratio, undefined);
});

Deno.test("compare() takes the median of the rounds' ratios, and counts the rounds of both", () => {
  const before = [100, 50, 100, 100].map(sampleOf);
  const after = [90, 45, 120].map((rate) => ({ ...sampleOf(rate), serverCpuUs: 4 }));
  assertEquals(compare("dari tcp", "echo", after, before), {
    scenario: "echo",
    contestant: "dari tcp",
    rate: 0.9,
    cpu: 2,
    pairs: 3,
  });
});

Deno.test("percentile99() gives the value that 99 of 100 do not exceed", () => {
  const values = Array.from({ length: 200 }, (_, at) => 200 - at);
  assertEquals(percentile99(values), 198);
  assertEquals(percentile99([7]), 7);
});
