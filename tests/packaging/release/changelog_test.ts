import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { readReleaseNotes } from "../../../lib/packaging/release/changelog.ts";

const head = "# Changelog\n\nAll notable changes.\n\n## [Unreleased]\n\n";
const older = "## [0.1.0] - 2026-01-02\n\n- The first.\n";

Deno.test("readReleaseNotes() gives what the section of the version says", () => {
  const text = `${head}## [0.2.0] - 2026-11-26\n\n### Added\n\n- A thing.\n\n${older}`;
  assertEquals(readReleaseNotes(text, "0.2.0"), "### Added\n\n- A thing.");
  assertEquals(readReleaseNotes(text, "0.1.0"), "- The first.");
});

Deno.test("readReleaseNotes() refuses a changelog that is not ready", () => {
  const cases: Record<string, string> = {
    [`${head}${older}`]: 'it has no section "## [0.2.0] - YYYY-MM-DD"',
    [`${head}## [0.2.0]\n\n- A thing.\n`]: "has no date",
    [`${head}## [0.2.0] - 2026-13-45\n\n- A thing.\n`]: "has no date",
    [`${head}## [0.2.0] - 2026-11-26\n\n${older}`]: "lists nothing",
    [`${head}- Not yet.\n\n## [0.2.0] - 2026-11-26\n\n- A thing.\n`]:
      'lines stand under "Unreleased"',
    [`${head}## [0.2.01] - 2026-11-26\n\n- A thing.\n`]: "it has no section",
  };
  for (const [text, reason] of Object.entries(cases)) {
    const error = assertThrows(() => readReleaseNotes(text, "0.2.0"), DariError, reason);
    assertEquals(error.code, "failed_precondition");
  }
});
