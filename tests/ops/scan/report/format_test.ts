import { assertEquals } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import { formatReport } from "../../../../lib/ops/scan/report/format.ts";
import type { ScanReport, VersionReport } from "../../../../lib/ops/scan/report/scan_report.ts";

const empty: ScanReport = {
  server: "localhost:443",
  connectedTo: "127.0.0.1:443",
  name: "localhost",
  at: "2026-01-01T00:00:00.000Z",
  isComplete: true,
  versions: [],
  groups: { "TLSv1.3": [], "TLSv1.2": [] },
  negotiated: [],
  certificates: [],
  clientCertificates: [],
  findings: [],
  spent: { connections: 2, receivedBytes: 3, sentBytes: 4, timeMs: 1_250 },
};

function linesOf(report: Partial<ScanReport>): string[] {
  return formatReport({ ...empty, ...report }).filter((line) => line !== "");
}

function withSuites(count: number): VersionReport {
  const suites = Array.from({ length: count }, (_, i) => ({ name: `TLS_${i}` }));
  return { version: "TLSv1.2", outcome: "offered", suites };
}

Deno.test("formatReport() says that nothing was found, and what was spent", () => {
  assertEquals(linesOf({}), ["nothing found", "2 connections, 4 bytes sent, 3 received, 1.3 s"]);
});

Deno.test("formatReport() lists maxScanShownSuites suites, and of one more only the weak ones", () => {
  const all = linesOf({ versions: [withSuites(limits.maxScanShownSuites)] });
  assertEquals(all.filter((line) => line.includes("TLS_")).length, limits.maxScanShownSuites);
  const { suites, ...more } = withSuites(limits.maxScanShownSuites + 1);
  const [first, ...rest] = suites;
  const few = linesOf({
    versions: [{ ...more, suites: [{ ...first!, weakness: "low" }, ...rest] }],
  });
  assertEquals(few.slice(0, 3), [
    "TLSv1.2     offered, 9 suites",
    "            TLS_0  (low)",
    "            and 8 with nothing against them",
  ]);
});

Deno.test("formatReport() says what is unclear as such", () => {
  const lines = linesOf({
    versions: [{ version: "TLSv1.3", outcome: "unknown", reason: "no answer", suites: [] }],
    clientCertificates: [{
      version: "TLSv1.2",
      isAsked: "unknown",
      isEnforced: "unknown",
      reason: "handshake_failure",
      resumption: { elsewhere: "resumed", bare: "no_session" },
    }],
  });
  assertEquals(lines.slice(0, 2), [
    "TLSv1.3     unknown (no answer)",
    "TLSv1.2     client certificate unknown; unclear: handshake_failure; session of the other port: " +
    "resumed",
  ]);
});

Deno.test("formatReport() shows findings with what mends them", () => {
  const findings = [
    { rule: "version-old", severity: "medium", message: "It is old.", remedy: "Switch it off." },
    { rule: "incomplete", severity: "info", message: "More is unknown." },
  ] as const;
  assertEquals(linesOf({ findings }).slice(0, 3), [
    "medium    version-old: It is old.",
    "          Switch it off.",
    "info      incomplete: More is unknown.",
  ]);
});
