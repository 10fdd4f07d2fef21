import { assertEquals } from "@std/assert";
import {
  type MessagesFigure,
  summarizeMessages,
} from "../../../../scripts/bench/messages/figures.ts";
import { describeMessages } from "../../../../scripts/bench/messages/report.ts";
import type { MessagesSample } from "../../../../scripts/bench/messages/running.ts";

function rounds(cpuUs: number, ...rates: number[]) {
  const samples = rates.map((rate): MessagesSample => {
    return { rate, cpuUs, rssBytes: 1 << 20, p50Ms: NaN, p99Ms: NaN };
  });
  return { samples, extras: [] };
}

Deno.test("summarizeMessages() compares with BullMQ round by round, and names the goals that dari misses", () => {
  // The machine was busy in the second round: the rates halve, the ratio stays.
  const measured = new Map([
    ["dari in the process", rounds(1, 300, 150, 320)],
    ["dari over Unix", rounds(1, 150, 75, 150)],
    ["BullMQ", rounds(1, 100, 50, 100)],
  ]);
  const scenario = { name: "puts", goal: { rate: 250, byBullmq: 2 } };
  const [inside, unix, bullmq] = summarizeMessages(scenario, measured, []);
  assertEquals([inside?.rate, inside?.byBullmq, inside?.missed], [300, 3, []]);
  assertEquals(unix?.missed, ["< 250 a second", "< 2 by BullMQ"]);
  assertEquals(bullmq?.missed, []);
});

Deno.test("summarizeMessages() compares what goes by NATS with a bare stream, and with nothing else", () => {
  const measured = new Map([
    ["dari by NATS", rounds(1, 70, 35)],
    ["JetStream, synced seldom", rounds(1, 100, 50)],
  ]);
  const goal = { rate: 250, byBullmq: 2, byJetstream: 0.8 };
  const [ours, stream] = summarizeMessages({ name: "puts", goal }, measured, []);
  assertEquals([ours?.byJetstream, ours?.missed], [0.7, ["< 0.8 by JetStream"]]);
  assertEquals([stream?.byJetstream, stream?.missed], [1, []]);
});

Deno.test("summarizeMessages() compares what a message costs with an earlier scenario", () => {
  const before = summarizeMessages({ name: "few" }, new Map([["dari", rounds(10, 1)]]), []);
  const scenario = { name: "many", goal: { cpuBy: { scenario: "few", most: 1.5 } } };
  const of = (cpuUs: number): MessagesFigure =>
    summarizeMessages(scenario, new Map([["dari", rounds(cpuUs, 1)]]), before)[0]!;
  assertEquals([of(15).cpuBy, of(15).missed], [1.5, []]);
  assertEquals(of(16).missed, ["> 1.5 times the CPU"]);
});

Deno.test("describeMessages() names versions, who is missing and why, and what is missed", () => {
  const scenario = { name: "puts", goal: { rate: 250 } };
  const figures = summarizeMessages(scenario, new Map([["dari", rounds(1, 100)]]), []);
  const versions = { dari: "Deno 2.9.6" };
  const skipped = ["BullMQ is skipped: redis-server is missing"];
  const [version, missing, , head, row] = describeMessages({ figures, versions, skipped });
  assertEquals([version, missing], ["dari: Deno 2.9.6", ...skipped]);
  assertEquals(head?.startsWith("puts"), true);
  assertEquals(row?.endsWith("< 250 a second"), true);
});
