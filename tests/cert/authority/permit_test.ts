import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { constraintsOf, defaultPermits, permitsOf } from "../../../lib/cert/authority/permit.ts";
import { checkNameConstraints } from "../../../lib/cert/path/name_constraints.ts";
import { parseSubjectName } from "../../../lib/cert/x509/general_name.ts";

const kinds = ["dns", "ip", "email", "uri"] as const;
for (
  const [permit, kind] of [
    [".internal", "dns"],
    ["dns:a.internal", "dns"],
    ["127.0.0.1", "ip"],
    ["IP:10.0.0.0/8", "ip"],
    ["email:internal", "email"],
    ["uri:.internal", "uri"],
  ] as const
) {
  Deno.test(`constraintsOf() with the permit ${permit} excludes every kind but ${kind}`, () => {
    const { permitted, excluded } = constraintsOf([permit]);
    assertEquals(permitted.map((one) => one.kind), [kind]);
    const closed = new Set(excluded.map((one) => one.kind));
    assertEquals(closed, new Set(kinds.filter((one) => one !== kind)));
  });
}

for (
  const [name, isPermitted] of [
    ["localhost", true],
    ["a.internal", true],
    ["127.1.2.3", true],
    ["::1", true],
    ["spiffe://example.internal/worker", true],
    ["https://localhost:8080/", true],
    ["example.com", false],
    ["10.0.0.1", false],
    ["ceo@gmail.com", false],
    ["ann@a.internal", false],
    ["https://google.com/", false],
    ["spiffe://internal.example.com/x", false],
    ["urn:uuid:1", false],
  ] as const
) {
  Deno.test(`an authority ${isPermitted ? "may" : "may not"} issue for ${name} by default`, () => {
    const fault = checkNameConstraints([parseSubjectName(name)], constraintsOf(defaultPermits));
    assertEquals(fault === undefined, isPermitted, fault);
  });
}

for (
  const permits of [
    [],
    ["*.internal"],
    ["a@b"],
    ["spiffe://a"],
    ["uri:spiffe://a"],
    ["uri:*.internal"],
    ["email:a@b@c"],
    ["email:"],
    ["dns:10.0.0.1"],
    ["ip:internal"],
    ["a_b.internal"],
    [""],
    ["."],
    ["10.0.0.1/8"],
  ]
) {
  Deno.test(`constraintsOf() refuses the permits ${JSON.stringify(permits)}`, () => {
    assertThrows(() => constraintsOf(permits), DariError);
  });
}

Deno.test("permitsOf() gives the permits that constraintsOf() took", () => {
  const permits = [
    "internal",
    "10.0.0.0/8",
    "uri:.internal",
    "email:ann@internal",
    "email:.a.internal",
  ];
  assertEquals(permitsOf(constraintsOf(permits)), permits);
  assertEquals(
    constraintsOf(permitsOf(constraintsOf(defaultPermits)) as string[]),
    constraintsOf(defaultPermits),
  );
  assertEquals(permitsOf(undefined), "any");
});

Deno.test("permitsOf() lets the URIs of an authority that says nothing about them follow its DNS names", () => {
  const permitted = [{ kind: "dns", value: "internal" }] as const;
  assertEquals(permitsOf({ permitted, excluded: [] }), [
    "internal",
    "uri:internal",
    "uri:.internal",
  ]);
});
