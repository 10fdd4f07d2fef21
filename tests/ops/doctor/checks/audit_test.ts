import { assertEquals, assertStringIncludes } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import { examine } from "../../../../lib/ops/doctor/checks.ts";
import type { AuditFact, Patient } from "../../../../lib/ops/doctor/patient/patient.ts";
import { auditWith, NOW_MS, patientWith, serverWith } from "../../../support/patient.ts";

const server = serverWith();

function findings(audit: Partial<AuditFact>, different: Partial<Patient> = { server }) {
  return examine(patientWith({ audit: { value: auditWith(audit) }, ...different })).findings;
}

const told = (...parameters: Parameters<typeof findings>) =>
  findings(...parameters).map(({ rule, severity }) => `${rule} ${severity}`);

Deno.test("records that a server leaves unsigned are reported after a minute", () => {
  const since = (ageMs: number) => ({ unsigned: 3, unsignedSinceMs: NOW_MS - ageMs });
  assertEquals(told(since(limits.auditUnsignedMs - 1)), []);
  assertEquals(told(since(limits.auditUnsignedMs)), ["audit-unsigned medium"]);
  const [finding] = findings(since(limits.auditUnsignedMs));
  assertStringIncludes(
    finding!.message,
    "The newest 3 records of the audit, since 2026-06-01T11:59",
  );
  assertEquals(finding!.remedy, "dari audit sign");
  // A clock that was set back says nothing about signatures.
  assertEquals(told(since(-limits.auditUnsignedMs)), []);
});

Deno.test("where no server runs, unsigned records are good to know after a day", () => {
  const since = (ageMs: number) => ({ unsigned: 1, unsignedSinceMs: NOW_MS - ageMs });
  assertEquals(told(since(limits.auditUnsignedIdleMs - 1), {}), []);
  assertEquals(told(since(limits.auditUnsignedIdleMs), {}), ["audit-unsigned info"]);
});

Deno.test("without an authority nobody can sign, which is good to know", () => {
  const audit = {
    ...{ hasAuthority: false, signer: undefined, isSigned: false },
    ...{ unsigned: 9, unsignedSinceMs: NOW_MS - limits.auditUnsignedMs },
  };
  assertEquals(told(audit), ["audit-unsigned info"]);
  assertStringIncludes(findings(audit)[0]!.remedy!, "dari cert init");
});

Deno.test("a signer that is missing, damaged or at its end is reported with what mends it", () => {
  assertEquals(told({ signer: undefined }), ["audit-signer-missing medium"]);
  assertEquals(told({ signer: undefined }, {}), ["audit-signer-missing medium"]);
  // A directory in which no server ever ran.
  assertEquals(told({ signer: undefined, isSigned: false }, {}), []);
  assertEquals(told({ signer: { unknown: "no key" } }), ["audit-signer-unusable high"]);
  assertEquals(
    findings({ signer: { unknown: "no key" } })[0]!.remedy,
    "rm /data/audit.pem && dari audit sign",
  );
  const until = (notAfterMs: number) => told({ signer: { value: { notAfterMs } } });
  assertEquals(until(NOW_MS), ["audit-signer-expired high"]);
  assertEquals(until(NOW_MS + limits.scanExpiryWarningMs - 1), ["audit-signer-expires-soon low"]);
  assertEquals(until(NOW_MS + limits.scanExpiryWarningMs), []);
});

Deno.test("an audit that cannot be read is not looked at, and none is nothing wrong", () => {
  const { unlooked } = examine(patientWith({ audit: { unknown: "it is locked" }, server }));
  assertEquals(unlooked, [{ subject: "audit", reason: "it is locked" }]);
  assertEquals(examine(patientWith({ audit: undefined, server })).findings, []);
});

Deno.test("audit.pem has a key, and is no certificate that everybody may read", () => {
  const file = (name: string) => ({
    files: [{ path: `/data/${name}`, kind: "file", mode: 0o644, uid: 1_000, changedAtMs: NOW_MS }],
  } as const);
  const rules = (name: string) => examine(patientWith(file(name))).findings.map(({ rule }) => rule);
  assertEquals(rules("audit.pem"), ["file-readable"]);
  const unread = { audit: { value: auditWith({ signer: { unknown: "others can use it" } }) } };
  const found = examine(patientWith({ ...file("audit.pem"), ...unread })).findings;
  assertEquals(found.map(({ rule }) => rule), ["file-readable"]);
  assertEquals(rules("other.pem"), []);
});
