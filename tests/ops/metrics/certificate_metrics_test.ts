import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { certificateMetrics } from "../../../lib/ops/metrics/certificate_metrics.ts";
import { MetricsRegistry } from "../../../lib/ops/metrics/registry.ts";
import { FakeTimers } from "../../support/fake_timers.ts";

const DAY_MS = limits.certificateDayMs;

/** What was awaited has gone on. */
async function settled(): Promise<void> {
  for (let n = 0; n < 10; n++) await Promise.resolve();
}

Deno.test("certificates are told by the days that they have left, the server's own by seconds", async () => {
  using timers = new FakeTimers();
  const registry = new MetricsRegistry();
  let issued = [-1, 0, 6.5, 7, 30, 31, 90, 91].map((days) => ({ notAfterMs: days * DAY_MS }));
  let own: Record<string, { notAfterMs: number }> = { server: { notAfterMs: 2 * DAY_MS } };
  let looks = 0;
  const look = () => {
    looks++;
    return looks === 2 ? Promise.reject(new Error("no file")) : Promise.resolve({ own, issued });
  };
  using _ = await certificateMetrics(registry, { look, now: () => 0 });
  const values = (name: string) =>
    registry.collect().find((one) => one.name === name)?.series
      .map(({ labels, value }) => `${Object.values(labels)} ${value}`);
  assertEquals(values("dari.certificate.remaining"), ["server 172800"]);
  const groups = ["expired 2", "7 2", "30 1", "90 2", "more 1"];
  assertEquals(values("dari.certificates.issued"), groups);
  issued = [];
  own = {};
  timers.advance(limits.certificateLookMs); // the files cannot be read now: nothing is forgotten
  await settled();
  assertEquals(values("dari.certificates.issued"), groups);
  timers.advance(limits.certificateLookMs);
  await settled();
  assertEquals([looks, values("dari.certificate.remaining")], [3, undefined]);
});
