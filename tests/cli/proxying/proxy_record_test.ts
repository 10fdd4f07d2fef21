import { assertEquals } from "@std/assert";
import { recordTo } from "../../../lib/cli/proxying/proxy_record.ts";
import type { Log } from "../../../lib/ops/log.ts";
import type { ProxyRecord } from "../../../lib/proxy/proxy.ts";
import { auditedStore } from "../../support/audit.ts";

const passed: ProxyRecord = {
  ...{ name: "db", peer: "10.0.0.7:4711", principal: "certificate:worker-1" },
  ...{ outcome: "ended", durationMs: 12.3, bytesIn: 5, bytesOut: 7 },
} as ProxyRecord;

Deno.test("recordTo() logs every connection, and audits the denied ones of those who are known", async () => {
  await using kept = await auditedStore();
  const lines: string[] = [];
  const log = {
    write: (level: string, message: string) => void lines.push(`${level} ${message}`),
  } as unknown as Log;
  const record = recordTo(log, kept.audit);
  for (const outcome of ["ended", "cut", "refused", "unreachable", "denied"] as const) {
    record({ ...passed, outcome });
  }
  assertEquals(lines.length, 5);
  const [denied, ...more] = await kept.records();
  assertEquals(more, []);
  assertEquals(
    [denied?.kind, denied?.by, denied?.peer, denied?.about],
    ["call.denied", "certificate:worker-1", "10.0.0.7:4711", "proxy:db"],
  );
  // Without an audit there is only the log.
  recordTo(log)({ ...passed, outcome: "denied" });
  assertEquals(lines.length, 6);
});

Deno.test("strangers that a proxy denies are counted", async () => {
  await using kept = await auditedStore();
  const record = recordTo({ write() {} } as unknown as Log, kept.audit);
  for (let i = 0; i < 10; i++) {
    record({ ...passed, principal: null, peer: `10.0.0.7:${i}`, outcome: "denied" });
  }
  const records = await kept.records();
  assertEquals(
    records.map(({ kind, by, peer, data }) => [`${kind} ${by} ${peer}`, data?.count]),
    [["call.denied stranger 10.0.0.7", undefined], ["call.denied stranger 10.0.0.7", 9]],
  );
});
