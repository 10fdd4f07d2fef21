import { assertEquals } from "@std/assert";
import { toSarif } from "../../../lib/ops/finding/sarif.ts";
import { severities } from "../../../lib/ops/finding/severity.ts";
import { scanRules } from "../../../lib/ops/scan/report/rules.ts";
import { sarifFaults } from "../../support/sarif.ts";

const subject = {
  tool: "dari scan",
  uri: "tls://localhost:443",
  rules: scanRules,
  isComplete: true,
};

Deno.test("toSarif() writes what SARIF 2.1.0 allows, with findings of every severity and with none", () => {
  const findings = severities.map((severity) => ({
    rule: "version-old",
    severity,
    message: `It is ${severity}.`,
    ...(severity === "low" && { remedy: "Mend it." }),
  }));
  assertEquals(sarifFaults(toSarif(findings, subject)), []);
  assertEquals(sarifFaults(toSarif([], { ...subject, isComplete: false })), []);
});

Deno.test("the check of SARIF's shape finds what is wrong", () => {
  const log = toSarif([{ rule: "version-old", severity: "low", message: "m" }], subject);
  const broken = [
    { ...log, version: "2.0.0" },
    { ...log, runs: [{ ...log.runs[0], tool: {} }] },
    { ...log, runs: [{ ...log.runs[0], results: [{ level: "bad", message: { text: "m" } }] }] },
    { ...log, runs: [{ ...log.runs[0], results: [{ message: "m" }] }] },
    { ...log, other: 1 },
  ];
  for (const one of broken) assertEquals(sarifFaults(one).length > 0, true);
});

Deno.test("toSarif() names each result's rule by its place among the rules", () => {
  const [run] = toSarif([{ rule: "prime-weak", severity: "high", message: "m" }], subject).runs;
  const [result] = run!.results;
  assertEquals(run!.tool.driver.rules[result!.ruleIndex]?.id, "prime-weak");
  assertEquals([result!.level, run!.invocations[0]?.executionSuccessful], ["error", true]);
});
