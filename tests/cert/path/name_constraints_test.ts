import { assertEquals, assertMatch } from "@std/assert";
import { constraintsOf } from "../../../lib/cert/authority/permit.ts";
import { DerReader } from "../../../lib/cert/der/reader.ts";
import { loadDerWriter } from "../../../lib/cert/der/writer.ts";
import { checkNameConstraints, formatBase } from "../../../lib/cert/path/name_constraints.ts";
import { nameNode, parseSubject, readName } from "../../../lib/cert/x509/distinguished_name.ts";
import { type GeneralName, parseSubjectName } from "../../../lib/cert/x509/general_name.ts";

const internal = constraintsOf([".internal", "10.0.0.0/8", "fd00::/8"]);

const within: [string, boolean][] = [
  ["a.internal", true],
  ["internal", true],
  ["*.a.internal", true],
  ["10.255.0.1", true],
  ["fd12::1", true],
  ["example.com", false],
  ["notinternal", false],
  ["a.internal.example.com", false],
  ["11.0.0.1", false],
  ["fe80::1", false],
];
for (const [name, permitted] of within) {
  Deno.test(`constraints of .internal ${permitted ? "permit" : "do not permit"} ${name}`, () => {
    const fault = checkNameConstraints([parseSubjectName(name)], internal);
    if (permitted) assertEquals(fault, undefined);
    else assertMatch(fault ?? "", /is not within/);
  });
}

/** What is wrong with names under constraints of one kind. */
function faultOf(
  names: readonly string[],
  { permitted = [], excluded = [] }: {
    permitted?: readonly GeneralName[];
    excluded?: readonly GeneralName[];
  },
): string | undefined {
  return checkNameConstraints(names.map(parseSubjectName), { permitted, excluded });
}

Deno.test("what is excluded stays so, with everything below it, whatever is permitted", () => {
  const constraints = {
    permitted: [{ kind: "dns", value: "internal" }],
    excluded: [{ kind: "dns", value: "secret.internal" }],
  } as const;
  for (const name of ["secret.internal", "a.secret.internal", "*.secret.internal"]) {
    assertMatch(faultOf([name], constraints) ?? "", /is excluded by/, name);
  }
  assertEquals(faultOf(["public.internal"], constraints), undefined);
});

Deno.test("a wildcard may not reach into what is excluded", () => {
  const excluded = [{ kind: "dns", value: "b.a.internal" }] as const;
  assertMatch(faultOf(["*.a.internal"], { excluded }) ?? "", /is excluded by/);
  assertEquals(faultOf(["*.c.internal"], { excluded }), undefined);
});

Deno.test("a kind of name that no constraint is about is free", () => {
  const permitted = [{ kind: "dns", value: "internal" }] as const;
  assertEquals(faultOf(["10.0.0.1", "ann@example.com", "urn:uuid:1"], { permitted }), undefined);
});

Deno.test("one name outside is enough", () => {
  const permitted = [{ kind: "dns", value: "internal" }] as const;
  assertMatch(faultOf(["a.internal", "example.com"], { permitted }) ?? "", /"example.com"/);
});

for (
  const [name, base, expected] of [
    ["spiffe://a.internal/x", ".internal", "within"],
    ["spiffe://a.internal:80/x", ".internal", "within"],
    ["spiffe://internal/x", ".internal", "outside"],
    ["spiffe://internal/x", "internal", "within"],
    ["spiffe://a.internal@evil.com/x", ".internal", "outside"],
    ["spiffe://a.internal", "", "within"],
    ["urn:uuid:1", "", "unreadable"],
  ] as const
) {
  Deno.test(`the URI ${name} is ${expected} under "${base}"`, () => {
    const fault = faultOf([name], { permitted: [{ kind: "uri", value: base }] });
    const patterns = { outside: /is not within/, unreadable: /cannot be held against/ };
    if (expected === "within") assertEquals(fault, undefined);
    else assertMatch(fault ?? "", patterns[expected]);
  });
}

for (
  const [name, base, isWithin] of [
    ["ann@internal", "internal", true],
    ["ann@a.internal", "internal", false],
    ["ann@a.internal", ".internal", true],
    ["ann@internal", ".internal", false],
    ["ann@a.internal", "ann@A.internal", true],
    ["Ann@a.internal", "ann@a.internal", false],
    ["ann@a.internal", "", true],
  ] as const
) {
  Deno.test(`the address ${name} is ${isWithin ? "within" : "outside"} "${base}"`, () => {
    const fault = faultOf([name], { permitted: [{ kind: "email", value: base }] });
    assertEquals(fault === undefined, isWithin);
  });
}

Deno.test("a directory name is within its first relative names, whatever their case and spaces", async () => {
  const writer = await loadDerWriter();
  const directory = (text: string): GeneralName => ({
    kind: "directory",
    name: readName(new DerReader(writer.encode(nameNode(writer, parseSubject(text))))),
  });
  const constraints = { permitted: [directory("C=KR, O=My  Company")], excluded: [] };
  const check = (text: string) => checkNameConstraints([directory(text)], constraints);
  assertEquals(check("C=KR, O=my company, CN=a"), undefined);
  assertMatch(check("O=My Company, C=KR, CN=a") ?? "", /is not within/);
  assertMatch(check("C=KR") ?? "", /is not within/);
});

Deno.test("a kind of name that is unknown satisfies no constraint of its kind", () => {
  const name = { kind: "other", tag: 0x88 } as const;
  const constraints = { permitted: [], excluded: [name] };
  assertMatch(checkNameConstraints([name], constraints) ?? "", /cannot be held against/);
  const another = { kind: "other", tag: 0xa0 } as const;
  assertEquals(checkNameConstraints([another], constraints), undefined);
});

Deno.test("formatBase() shows an empty constraint as every name of its kind", () => {
  assertEquals(formatBase({ kind: "dns", value: "" }), "every dns name");
  assertEquals(formatBase({ kind: "dns", value: "internal" }), "internal");
  assertEquals(internal.permitted.map(formatBase), ["internal", "10.0.0.0/8", "fd00::/8"]);
});

for (
  const name of [
    { kind: "dns", value: "evil.com..internal" },
    { kind: "dns", value: "a b.internal" },
    { kind: "dns", value: "a/.internal" },
    { kind: "dns", value: "a.*.internal" },
    { kind: "email", value: "a@b@a.internal" },
    { kind: "email", value: "a.internal" },
    { kind: "uri", value: "x://a b.internal/" },
  ] as const
) {
  Deno.test(`the malformed name "${name.value}" is within no constraint`, () => {
    const every = { kind: name.kind, value: "" } as const;
    const below = {
      kind: name.kind,
      value: name.kind === "dns" ? "internal" : ".internal",
    } as const;
    for (const permitted of [[every], [below]]) {
      const fault = checkNameConstraints([name], { permitted, excluded: [] });
      assertMatch(fault ?? "", /cannot be held against/);
    }
    const excluded = [{ kind: name.kind, value: "example.com" }] as const;
    const fault = checkNameConstraints([name], { permitted: [], excluded });
    assertMatch(fault ?? "", /cannot be held against/);
  });
}

Deno.test("a DNS constraint with a leading period permits nothing and excludes all that it may mean", () => {
  const base = [{ kind: "dns", value: ".internal" }] as const;
  for (const name of ["internal", "a.internal"]) {
    assertMatch(faultOf([name], { permitted: base }) ?? "", /is not within/);
    assertMatch(faultOf([name], { excluded: base }) ?? "", /is excluded by/);
  }
});
