import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { Counts } from "../../../lib/ops/audit/counts.ts";
import { TestClock } from "../../support/clock.ts";

const failed = (peer: string) => ({ kind: "sign-in.failed", by: "stranger", peer });

Deno.test("the first of a minute is recorded, and those that follow are one record", () => {
  const clock = new TestClock();
  const counts = new Counts(clock);
  assertEquals(counts.take("a", failed("a")), failed("a"));
  clock.advance(1_000);
  for (let n = 0; n < 1_000; n++) assertEquals(counts.take("a", failed("a")), undefined);
  clock.advance(limits.auditCountMs - 1_001);
  assertEquals(counts.due(), []);
  clock.advance(1);
  const since = "2026-01-01T00:00:01.000Z";
  assertEquals(counts.due(), [{ ...failed("a"), data: { count: 1_000, since } }]);
  assertEquals(counts.due(), []);
});

Deno.test("a peer that goes on for an hour is one record a minute", () => {
  const clock = new TestClock();
  const counts = new Counts(clock);
  let records = counts.take("a", failed("a")) === undefined ? 0 : 1;
  for (let minute = 0; minute < 60; minute++) {
    counts.take("a", failed("a"));
    clock.advance(limits.auditCountMs);
    records += counts.due().length;
  }
  assertEquals(records, 61);
});

Deno.test("a peer that was quiet for a minute is forgotten, and recorded at once when it comes back", () => {
  const clock = new TestClock();
  const counts = new Counts(clock);
  counts.take("a", failed("a"));
  clock.advance(limits.auditCountMs);
  assertEquals([counts.due(), counts.size], [[], 0]);
  assertEquals(counts.take("a", failed("a")), failed("a"));
});

Deno.test("as many peers as the limit says are counted apart, and further ones together", () => {
  const clock = new TestClock();
  const counts = new Counts(clock);
  const most = limits.maxAuditCountedPeers;
  for (let n = 0; n < most; n++) counts.take(`${n}`, failed(`${n}`));
  const beyond = Array.from({ length: 1_000 }, (_, n) => counts.take(`x${n}`, failed(`x${n}`)));
  assertEquals(beyond.filter((event) => event !== undefined), [
    { ...failed("others"), about: undefined },
  ]);
  assertEquals(counts.size, most + 1);
  assertEquals(counts.due(true).map(({ peer, data }) => [peer, data?.count]), [["others", 999]]);
  assertEquals(counts.size, 0);
});

Deno.test("a clock that is set back changes no window", () => {
  const clock = new TestClock();
  const counts = new Counts(clock);
  counts.take("a", failed("a"));
  clock.step(-3_600_000);
  counts.take("a", failed("a"));
  clock.advance(limits.auditCountMs);
  assertEquals(counts.due().map(({ data }) => data?.count), [1]);
});
