import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { checks, examine } from "../../../lib/ops/doctor/checks.ts";
import type { Patient } from "../../../lib/ops/doctor/patient/patient.ts";
import { severities } from "../../../lib/ops/finding/severity.ts";
import { accountWith, apiKeyWith, NOW_MS, patientWith, serverWith } from "../../support/patient.ts";

function rulesOf(different: Partial<Patient>): string[] {
  return examine(patientWith(different)).findings.map(({ rule }) => rule);
}

function remedyOf(different: Partial<Patient>): string | undefined {
  return examine(patientWith(different)).findings[0]?.remedy;
}

Deno.test("a healthy directory has no findings, and what was not looked at is said", () => {
  const { findings, healthy, unlooked } = examine(patientWith());
  assertEquals([findings, healthy.length], [[], 7]);
  assertEquals(unlooked.map(({ subject }) => subject), ["running server"]);
  const { unlooked: none } = examine(patientWith({ server: serverWith() }));
  assertEquals(none, []);
});

Deno.test("every rule of every check has a severity and says what mends it", () => {
  const rules = checks.flatMap(({ rules }) => Object.entries(rules));
  assert(rules.length > 15);
  for (const [name, { severity, title, help }] of rules) {
    assert(severities.includes(severity) && title !== "" && help !== "", name);
  }
  assertEquals(new Set(checks.map(({ subject }) => subject)).size, checks.length);
});

Deno.test("a directory that is not there is the only thing that is said", () => {
  const { findings, healthy } = examine(patientWith({ files: [], policyFault: "no JSON" }));
  assertEquals([findings.map(({ rule }) => rule), healthy], [["file-missing"], []]);
});

Deno.test("files that others can use are told by their modes, with the chmod that mends them", () => {
  const file = (path: string, mode: number, kind: "file" | "directory" | "socket" = "file") => ({
    files: [{ path, kind, mode, uid: 1_000, changedAtMs: NOW_MS }],
  });
  assertEquals(rulesOf(file("/data/ca.key", 0o600)), []);
  assertEquals(rulesOf(file("/data/ca.key", 0o640)), ["file-readable"]);
  assertEquals(rulesOf(file("/data/ca.key", 0o602)), ["file-writable"]);
  assertEquals(rulesOf(file("/data/ca.crt", 0o644)), []);
  assertEquals(rulesOf(file("/data/ca.crt", 0o664)), ["file-writable"]);
  assertEquals(rulesOf(file("/data", 0o711, "directory")), ["file-readable"]);
  assertEquals(rulesOf(file("/data/dari.sock", 0o777, "socket")), []);
  assertEquals(remedyOf(file("/my data/ca.key", 0o644)), "chmod 600 '/my data/ca.key'");
  assertEquals(remedyOf(file("/data", 0o755, "directory")), "chmod 700 /data");
});

Deno.test("files of another user are told, also by root", () => {
  const file = (path: string, uid: number) =>
    ({ path, kind: "file", mode: 0o600, uid, changedAtMs: NOW_MS }) as const;
  const files = [file("/data", 1_000), file("/data/dari.db", 7)];
  assertEquals(rulesOf({ files }), ["file-owner"]);
  assertEquals(remedyOf({ files }), "chown 1000 /data/dari.db");
  assertEquals(rulesOf({ files, uid: 0 }), ["file-owner"]);
  assertEquals(rulesOf({ files: [file("/data", 7), file("/data/dari.db", 7)], uid: 0 }), []);
  assertEquals(rulesOf({ files, uid: undefined }), []);
});

Deno.test("an authority that has ended is worse than a server's certificate that has", () => {
  const fault = { rule: "certificate-expired", message: "it has ended" } as const;
  const found = (role: "authority" | "server" | "issued") =>
    examine(patientWith({ certificates: [{ place: "p", role, faults: [fault] }] })).findings.map((
      { severity, rule },
    ) => `${severity} ${rule}`);
  assertEquals(found("authority"), ["critical certificate-invalid"]);
  assertEquals(found("server"), ["high certificate-invalid"]);
  assertEquals(found("issued"), ["low issued-expires-soon"]);
  assertEquals(rulesOf({ keyFault: '"/data/server.key": another\'s' }), ["key-unusable"]);
});

Deno.test("for a certificate that is not valid yet the clock is named, and no new authority", () => {
  const fault = { rule: "certificate-not-yet-valid", message: "it has not begun" } as const;
  for (const role of ["authority", "server"] as const) {
    const certificates = [{ place: "p", role, faults: [fault] }];
    assertEquals(rulesOf({ certificates }), ["certificate-not-yet-valid"]);
    assertEquals(remedyOf({ certificates })?.includes("clock of this machine"), true, role);
  }
});

Deno.test("passwords with fewer iterations than today's are told, and not one with as many", () => {
  const identity = (iterations: number, isActive = true) => ({
    identity: { value: { accounts: [accountWith({ iterations, isActive })], keys: [] } },
  });
  assertEquals(rulesOf(identity(limits.passwordIterations)), []);
  assertEquals(rulesOf(identity(limits.passwordIterations - 1)), ["password-weak"]);
  assertEquals(rulesOf(identity(1, false)), []);
});

Deno.test("administrators and keys that nobody uses are told after unusedAfterMs", () => {
  const agoMs = (ms: number) => NOW_MS - ms;
  const admin = (lastUsedAtMs: number | undefined, createdAtMs = 0, isAdmin = true) => ({
    identity: {
      value: { accounts: [accountWith({ isAdmin, lastUsedAtMs, createdAtMs })], keys: [] },
    },
  });
  assertEquals(rulesOf(admin(agoMs(limits.unusedAfterMs))), []);
  assertEquals(rulesOf(admin(agoMs(limits.unusedAfterMs + 1))), ["admin-unused"]);
  assertEquals(rulesOf(admin(undefined, agoMs(limits.unusedAfterMs))), []);
  assertEquals(rulesOf(admin(undefined, agoMs(limits.unusedAfterMs + 1))), ["admin-unused"]);
  assertEquals(rulesOf(admin(0, 0, false)), []);
  assertEquals(remedyOf(admin(0)), "dari user disable alice");
  const key = (different: Parameters<typeof apiKeyWith>[0]) => ({
    identity: { value: { accounts: [], keys: [apiKeyWith(different)] } },
  });
  assertEquals(rulesOf(key({ lastUsedAtMs: agoMs(limits.unusedAfterMs) })), []);
  assertEquals(rulesOf(key({ lastUsedAtMs: agoMs(limits.unusedAfterMs + 1) })), ["key-unused"]);
  assertEquals(rulesOf(key({ expiresAtMs: undefined })), ["key-endless"]);
  assertEquals(rulesOf(key({ expiresAtMs: NOW_MS + limits.scanExpiryWarningMs })), []);
  assertEquals(rulesOf(key({ expiresAtMs: NOW_MS + limits.scanExpiryWarningMs - 1 })), [
    "key-expires-soon",
  ]);
});

Deno.test("a store or a policy that cannot be read is told", () => {
  assertEquals(rulesOf({ identity: { unknown: "it is no store" }, policyFault: "no JSON" }), [
    "store-unreadable",
    "policy-invalid",
  ]);
});

Deno.test("a clock that stands before what has happened is told beyond clockToleranceMs", () => {
  const changed = (changedAtMs: number) => ({
    files: [{ path: "/data", kind: "directory", mode: 0o700, uid: 1_000, changedAtMs }] as const,
  });
  assertEquals(rulesOf(changed(NOW_MS + limits.clockToleranceMs)), []);
  assertEquals(rulesOf(changed(NOW_MS + limits.clockToleranceMs + 1)), ["clock-behind"]);
  const notBeforeMs = NOW_MS + limits.clockToleranceMs + 1;
  const certificates = [{ place: "server.crt", role: "server", faults: [], notBeforeMs } as const];
  assertEquals(rulesOf({ certificates }), ["clock-behind"]);
});

Deno.test("a disk is nearly full below both of its bounds", () => {
  const disk = (freeBytes: number, totalBytes: number) =>
    rulesOf({
      disk: { value: { freeBytes, totalBytes } },
    });
  const large = limits.minDiskFreeBytes * 1_000;
  assertEquals(disk(limits.minDiskFreeBytes, large), []);
  assertEquals(disk(limits.minDiskFreeBytes - 1, large), ["disk-full"]);
  assertEquals(disk(1_000 * limits.minDiskFreeShare, 1_000), []);
  assertEquals(disk(1_000 * limits.minDiskFreeShare - 1, 1_000), ["disk-full"]);
  const { unlooked } = examine(patientWith({ disk: { unknown: "no permission" } }));
  assertEquals(unlooked[0], { subject: "disk", reason: "no permission" });
});

Deno.test("a server needs files for its connections beside those that are reserved", () => {
  const few = (maxOpenFiles: number | undefined) =>
    rulesOf({ server: serverWith({ maxConnections: 100, maxOpenFiles }) });
  assertEquals(few(100 + limits.reservedDescriptors), []);
  assertEquals(few(100 + limits.reservedDescriptors - 1), ["descriptors-few"]);
  assertEquals(few(undefined), []);
});

Deno.test("TLS 1.2 and wide permissions are good to know, and what a scan found counts as it is", () => {
  assertEquals(rulesOf({ server: serverWith({ tlsMin: "1.2" }) }), ["tls12-allowed"]);
  assertEquals(rulesOf({ server: serverWith({ tlsMin: "1.2", addresses: ["unix:/s"] }) }), []);
  const finding = { rule: "certificate-name", severity: "high", message: "Wrong." } as const;
  const value = { address: "tls://localhost:9090", findings: [finding] };
  const { findings } = examine(patientWith({ server: serverWith({ scan: { value } }) }));
  assertEquals(findings, [{ ...finding, message: "tls://localhost:9090: Wrong." }]);
  const silent = serverWith({ tlsMin: "1.2", scan: { unknown: "no answer" } });
  assertEquals(rulesOf({ server: silent }), ["port-silent", "tls12-allowed"]);
  assertEquals(rulesOf({ unlimited: ["net"], server: serverWith() }), ["permissions-wide"]);
});
