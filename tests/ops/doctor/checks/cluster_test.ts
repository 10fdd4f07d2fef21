import { assertEquals, assertStringIncludes } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import { examine } from "../../../../lib/ops/doctor/checks.ts";
import { patientWith } from "../../../support/patient.ts";

function told(different: { replicas?: number; difference?: string; version?: string } = {}) {
  const { replicas = 3, difference, version = "2.11.0" } = different;
  const value = {
    streams: [{ name: "dari_orders_store", keeps: "accounts", replicas, difference }],
    version,
  };
  return examine(patientWith({ cluster: { value } })).findings;
}

Deno.test("a stream with fewer replicas than three is reported", () => {
  assertEquals(told({ replicas: limits.storeReplicas }), []);
  const [finding] = told({ replicas: limits.storeReplicas - 1 });
  assertEquals([finding?.rule, finding?.severity], ["cluster-few-replicas", "medium"]);
  assertStringIncludes(told({ replicas: 1 })[0]!.message, "kept once");
});

Deno.test("a stream that differs from what it has to be is reported", () => {
  const [finding] = told({ difference: "its max_msgs is 10, not -1" });
  assertEquals([finding?.rule, finding?.severity], ["cluster-stream-differs", "high"]);
  assertStringIncludes(finding!.message, "its max_msgs is 10, not -1");
});

Deno.test("a NATS server before 2.11 is good to know", () => {
  for (
    const [version, rules] of [["2.11.0", 0], ["3.0.0", 0], ["2.10.9", 1], ["1.4.1", 1]] as const
  ) {
    assertEquals(told({ version }).length, rules, version);
  }
  assertEquals(told({ version: "2.9.10" })[0]?.severity, "info");
});

Deno.test("a store that its cluster does not show is no matter of backups", () => {
  const unknown = { unknown: "nothing listens there" };
  const [finding] = examine(patientWith({ cluster: unknown, identity: unknown })).findings;
  assertEquals([finding?.rule, finding?.severity], ["store-unreachable", "critical"]);
});

Deno.test("a cluster that is not reached, or none, is no finding", () => {
  const { unlooked } = examine(patientWith({ cluster: { unknown: "nothing listens there" } }));
  const reason = unlooked.find(({ subject }) => subject === "cluster")?.reason;
  assertEquals(reason, "nothing listens there");
  assertEquals(examine(patientWith({ cluster: undefined })).findings, []);
});
