import { assert, assertEquals, assertMatch } from "@std/assert";
import { proxies } from "../../../../lib/ops/doctor/checks/proxies.ts";
import type { Finding } from "../../../../lib/ops/finding/finding.ts";
import { patientWith } from "../../../support/patient.ts";

const proxy = {
  ...{ name: "postgres", pid: 7, address: "tls://0.0.0.0:5433", service: "tcp://127.0.0.1:5432" },
  scan: undefined,
};
const look = (scan: object | undefined) =>
  proxies.look(patientWith({ proxies: [{ ...proxy, scan: scan as never }] }));

const messagesOf = (scan: object) => {
  const found = look(scan);
  assert(Array.isArray(found));
  return found.map(({ message }: Finding) => message);
};

Deno.test("proxies are looked at where some run, by a scan of their ports", () => {
  assertEquals(proxies.look(patientWith()), undefined);
  assertEquals(look(undefined), []);
  assertEquals(look({ value: { address: proxy.address, findings: [] } }), []);
  const [silent] = messagesOf({ unknown: "connection refused" });
  assertMatch(silent!, /^proxy postgres: connection refused\.$/);
  const finding = { rule: "x", severity: "high", message: "an old certificate" };
  const [found] = messagesOf({ value: { address: proxy.address, findings: [finding] } });
  assertEquals(found, "proxy postgres at tls://0.0.0.0:5433: an old certificate");
});
