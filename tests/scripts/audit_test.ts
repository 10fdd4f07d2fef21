import { assertEquals, assertStringIncludes } from "@std/assert";
import { dependenciesOf } from "../../lib/packaging/release/dependencies.ts";
import { lookAtDependencies, readAdvisories, readFacts, reportAudit } from "../../scripts/audit.ts";
import { tempDirectory } from "../support/temp.ts";

/** What `deno audit` of Deno 2.9.6 prints. */
const VULNERABLE = `╭ jose accepts none
│ Severity:   high
│ Package:    jose
│ Vulnerable: <7.0.0
╰ Info:       https://github.com/advisories/GHSA-aaaa-bbbb-cccc

Found 1 vulnerabilities
Severity: 0 low, 0 moderate, 1 high, 0 critical
`;
const UNREACHABLE = `error: error sending request for url (https://registry.npmjs.org/)

Caused by:
    0: client error (Connect)
`;

Deno.test("readAdvisories() tells a vulnerability from a registry that cannot be reached", () => {
  const read = (success: boolean, output: string) => readAdvisories({ success, output });
  assertEquals(read(true, "No known vulnerabilities found\n"), { kind: "none" });
  assertEquals(read(false, VULNERABLE), { kind: "vulnerable", report: VULNERABLE.trim() });
  assertEquals(read(false, UNREACHABLE), {
    kind: "unreachable",
    reason: "error sending request for url (https://registry.npmjs.org/)",
  });
  assertEquals(read(false, ""), { kind: "unreachable", reason: "no answer" });
});

Deno.test("reportAudit() fails for a vulnerability and a licence, and not for want of a network", () => {
  const of = (license: string | undefined) =>
    dependenciesOf({ npm: { "a@1.0.0": {} } }, () => ({ license }), 0);
  const report = (license: string | undefined, output: string | undefined) => {
    const lines: string[] = [];
    const advisories = readAdvisories({ success: output === undefined, output: output ?? "" });
    const lock = "deno.lock";
    const wrong = reportAudit(
      [{ lock, dependencies: of(license), advisories }],
      (line) => lines.push(line),
    );
    return { wrong, text: lines.join("\n") };
  };
  assertEquals(report("MIT", undefined).wrong, 0);
  assertStringIncludes(report("MIT", undefined).text, "no known vulnerability");
  assertEquals(report("MIT", UNREACHABLE).wrong, 0);
  assertStringIncludes(
    report("MIT", UNREACHABLE).text,
    "the advisories could not be reached: error",
  );
  assertEquals(report(undefined, UNREACHABLE).wrong, 0);
  assertEquals(report("MIT", VULNERABLE).wrong, 1);
  assertStringIncludes(report("MIT", VULNERABLE).text, "GHSA-aaaa-bbbb-cccc");
  assertEquals(report("GPL-3.0", VULNERABLE).wrong, 2);
});

Deno.test("readFacts() reads the licence and the moment of publication, in old forms too", async () => {
  await using directory = await tempDirectory();
  const folder = `${directory.path}/registry.npmjs.org/a`;
  await Deno.mkdir(`${folder}/1.0.0`, { recursive: true });
  await Deno.mkdir(`${folder}/0.1.0`);
  await Deno.writeTextFile(`${folder}/1.0.0/package.json`, '{"license":"MIT"}');
  await Deno.writeTextFile(`${folder}/0.1.0/package.json`, '{"license":{"type":"ISC"}}');
  await Deno.writeTextFile(`${folder}/registry.json`, '{"time":{"1.0.0":"2026-01-01T00:00:00Z"}}');
  const read = (version: string) => readFacts(directory.path, "a", version);
  assertEquals(await read("1.0.0"), { license: "MIT", published: "2026-01-01T00:00:00Z" });
  assertEquals(await read("0.1.0"), { license: "ISC", published: undefined });
  assertEquals(await read("2.0.0"), { license: undefined, published: undefined });
});

Deno.test("what dari depends on has a licence that is allowed", async () => {
  const lock = JSON.parse(await Deno.readTextFile(new URL("../../deno.lock", import.meta.url)));
  const found = await lookAtDependencies(lock, Date.now());
  assertEquals(found.length >= 5, true);
  assertEquals(found.flatMap(({ faults }) => faults), []);
});
