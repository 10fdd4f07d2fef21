import { assertEquals } from "@std/assert";
import { DAY_MS } from "../../../lib/base/limits/units.ts";
import { limits } from "../../../lib/base/limits.ts";
import {
  dependenciesOf,
  dependencyLines,
  isAllowedLicense,
} from "../../../lib/packaging/release/dependencies.ts";

const now = Date.parse("2026-06-01T00:00:00Z");
const at = (days: number) => new Date(now - days * DAY_MS).toISOString();

Deno.test("dependenciesOf() gives each version once, with licence and age", () => {
  const npm = {
    "zod@4.0.0": {},
    "@types/node-forge@1.3.14": {},
    "ajv@8.0.0_zod@4.0.0": {},
    "ajv@8.0.0": {},
  };
  const found = dependenciesOf({ npm }, () => ({ license: "MIT", published: at(30) }), now);
  assertEquals(found.map(({ name, version, ageDays }) => [name, version, ageDays]), [
    ["@types/node-forge", "1.3.14", 30],
    ["ajv", "8.0.0", 30],
    ["zod", "4.0.0", 30],
  ]);
  assertEquals(found.flatMap(({ remarks, faults }) => [...remarks, ...faults]), []);
  assertEquals(dependenciesOf({}, () => ({}), now), []);
});

Deno.test("dependenciesOf() refuses a licence that is not allowed, and remarks what is young or unknown", () => {
  const npm = { "a@1.0.0": {}, "b@1.0.0": {}, "c@1.0.0": {}, "d@1.0.0": {} };
  const facts: Record<string, object> = {
    a: { license: "AGPL-3.0-only", published: at(100) },
    b: { license: "MIT", published: at(limits.youngPackageDays - 1) },
    c: { license: "MIT", published: at(limits.youngPackageDays) },
    d: {},
  };
  const found = dependenciesOf({ npm }, (name) => facts[name] ?? {}, now);
  assertEquals(found.map(({ faults }) => faults), [
    ["its licence is AGPL-3.0-only, which is not one of those allowed"],
    [],
    [],
    [],
  ]);
  assertEquals(found.map(({ remarks }) => remarks), [
    [],
    [`it was published ${
      limits.youngPackageDays - 1
    } days ago: a stolen account is often noticed later`],
    [],
    ["its licence is unknown here: it is not installed"],
  ]);
});

Deno.test("isAllowedLicense() reads alternatives and both of two", () => {
  const cases = {
    "MIT": true,
    "(BSD-3-Clause OR GPL-2.0)": true,
    "GPL-2.0 OR MIT": true,
    "MIT AND Apache-2.0": true,
    "MIT AND GPL-2.0": false,
    "GPL-2.0": false,
    "SEE LICENSE IN LICENSE.txt": false,
    "UNLICENSED": false,
    "": false,
  };
  for (const [text, allowed] of Object.entries(cases)) {
    assertEquals(isAllowedLicense(text), allowed, text);
  }
});

Deno.test("dependencyLines() writes a table, and says what is unknown", () => {
  const known = { license: "MIT", published: at(1_000) };
  const npm = { "a@1.0.0": {}, "longer@10.0.0": {} };
  const found = dependenciesOf({ npm }, (name) => name === "a" ? known : {}, now);
  assertEquals(dependencyLines(found), [
    `a@1.0.0        MIT      ${at(1_000).slice(0, 10)}  1000 days`,
    "longer@10.0.0  unknown  unknown",
  ]);
});
