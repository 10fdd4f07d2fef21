import { assertEquals } from "@std/assert";
import { describeIpc } from "../../../../scripts/bench/ipc/report.ts";
import type { Scenario } from "../../../../scripts/bench/ipc/scenarios.ts";
import { type IpcSample, summarize } from "../../../../scripts/bench/ipc/statistics.ts";

const program = { command: "", args: [] };
const dari = { name: "dari pipe", program };
const peer = { name: "peer", program, goal: 2 };
const shown = { name: "another", program };
const scenario: Scenario = { name: "round trips", contestants: [dari, peer, shown] };

function samplesOf(...rates: number[]): IpcSample[] {
  return rates.map((rate) => ({
    rate,
    cpuUs: 1,
    rssBytesBefore: 1 << 20,
    rssBytes: 2 << 20,
    peakRssBytes: 3 << 20,
  }));
}

Deno.test("a figure compares dari with each peer, round by round", () => {
  // The machine was busy in the second round: the rates halve, the ratio stays.
  const samples = new Map([[dari, samplesOf(300, 150, 320)], [peer, samplesOf(100, 50, 100)]]);
  const [own, other] = summarize(scenario, samples);
  assertEquals([own?.rate, own?.ratio], [300, undefined]);
  assertEquals([other?.rate, other?.ratio, other?.goal], [100, 3, 2]);
});

Deno.test("a peer that failed has no row", () => {
  assertEquals(summarize(scenario, new Map([[dari, samplesOf(1)]])).length, 1);
});

Deno.test("the table marks a missed goal, and no row that has none", () => {
  const samples = new Map([dari, peer, shown].map((one) => [one, samplesOf(100)]));
  const [head, ...rows] = describeIpc(summarize(scenario, samples));
  assertEquals(head?.startsWith("round trips"), true);
  assertEquals(rows.map((row) => row.includes("<")), [false, true, false, false]);
  assertEquals(rows[1]?.includes("1.00  < 2"), true);
});
