import { assertEquals } from "@std/assert";
import { renderLine } from "../../../lib/cli/app/line.ts";
import { pageOf } from "../../../lib/cli/top/page.ts";
import type { Rates } from "../../../lib/ops/metrics/rates.ts";

const QUIET: Rates = {
  p50Ms: null,
  p90Ms: null,
  p99Ms: null,
  errors: {},
  ...{ atMs: 3_601_000, startedAtMs: 1_000, version: "1.2.3", threads: 2 },
  ...{ callsPerSecond: 0, errorsPerSecond: 0, bytesInPerSecond: 0, bytesOutPerSecond: 0 },
  ...{ active: 1, waiting: 0, connections: { tls: 2, unix: 1, tcp: 0 } },
  ...{ signInsPerSecond: 0, failedSignInsPerSecond: 2, pool: null },
  ...{ eventLoopP99Ms: 1.2, queueP99Ms: null, storeP99Ms: .3, cores: .123, residentBytes: 2 ** 27 },
  methods: [],
};

const textOf = (rates: Rates, rows?: number) =>
  pageOf(rates, "tls://a:9090", rows).map((line) => renderLine(line, false));

Deno.test("a page says how the server stands, and that nothing is called", () => {
  assertEquals(textOf(QUIET), [
    "dari top  tls://a:9090  version 1.2.3, up 1h, 2 threads",
    "calls 0/s   errors 0/s   active 1   waiting 0   in 0 B/s   out 0 B/s",
    "connections 3 (tls 2, unix 1)   sign-ins 0/s   failed 2/s",
    "event loop 1.2 ms   queue -   store 0.30 ms   cores 0.12   memory 128 MiB",
    "",
    "no calls",
  ]);
});

Deno.test("methods stand in a table, as many as there is room for", () => {
  const method = (name: string, perSecond: number, errors = {}) => ({
    ...{ method: name, perSecond, errors },
    ...{ p50Ms: .04, p90Ms: 1, p99Ms: 12 },
  });
  const pool = { workers: 4, running: 3, waiting: 7 };
  const methods = [
    method("orders.place", 1_234, { internal: 2, not_found: .5 }),
    method("add", 10),
    method("sub", 1),
  ];
  const lines = textOf({ ...QUIET, pool, methods }, 2);
  assertEquals(lines.slice(5), [
    "METHOD        CALLS/S      P50     P90    P99  ERRORS/S",
    "orders.place    1,234  0.04 ms  1.0 ms  12 ms  internal 2, not_found 0.5",
    "add                10  0.04 ms  1.0 ms  12 ms",
    "and 1 more",
  ]);
  assertEquals(lines[3]?.includes("pool 3/4, 7 wait"), true);
});

Deno.test("the name of a method cannot move the cursor", () => {
  const odd = {
    ...{ method: "a\x1b[2Jb", perSecond: 1, errors: {} },
    ...{ p50Ms: 1, p90Ms: 1, p99Ms: 1 },
  };
  assertEquals(textOf({ ...QUIET, methods: [odd] }).some((line) => line.includes("\x1b")), false);
});
