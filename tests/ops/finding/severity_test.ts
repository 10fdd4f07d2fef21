import { assertEquals } from "@std/assert";
import { worstFirst } from "../../../lib/ops/finding/finding.ts";
import { isAtLeast, severities } from "../../../lib/ops/finding/severity.ts";

Deno.test("severities stand in order", () => {
  const atLeastMedium = severities.filter((severity) => isAtLeast(severity, "medium"));
  assertEquals(atLeastMedium, ["medium", "high", "critical"]);
});

Deno.test("worstFirst() keeps the order of findings that are as bad", () => {
  const finding = (rule: string, severity: typeof severities[number]) => ({
    rule,
    severity,
    message: "m",
  });
  const sorted = worstFirst([finding("a", "low"), finding("b", "critical"), finding("c", "low")]);
  assertEquals(sorted.map(({ rule }) => rule), ["b", "a", "c"]);
});
