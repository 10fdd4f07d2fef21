import { assertEquals, assertThrows } from "@std/assert";
import { claimOf, issuersProblem, rolesOf } from "../../../lib/auth/issuer/token_issuer.ts";
import { compilePolicy, parsePolicy } from "../../../lib/auth/mod.ts";
import { DariError } from "../../../lib/base/errors.ts";

const issuer = { issuer: "https://sso.example.com/realms/acme", audience: "dari", roles: [] };

Deno.test("issuersProblem() says what is wrong", () => {
  const cases: [unknown, RegExp | null][] = [
    [{}, null],
    [{ sso: issuer }, null],
    [{ local: { ...issuer, issuer: "http://localhost:8080" } }, null],
    [[], /object of issuers/],
    [{ "a:b": issuer }, /lower-case letters/],
    [{ sso: null }, /must be an object/],
    [{ sso: { ...issuer, issuer: "http://sso.example.com" } }, /https:/],
    [{ sso: { ...issuer, audience: "" } }, /"audience"/],
    [{ sso: { ...issuer, subject: 1 } }, /"subject"/],
    [{ sso: { ...issuer, audiences: ["dari"] } }, /no member "audiences"/],
    [{ sso: { ...issuer, roles: [{ role: "user" }] } }, /"roles"/],
    [{ sso: { ...issuer, roles: [{ role: "user", claims: { ref: ["a"] } }] } }, /"roles"/],
  ];
  for (const [value, expected] of cases) {
    const problem = issuersProblem(value);
    assertEquals(
      expected === null ? problem === null : expected.test(problem ?? ""),
      true,
      problem ?? "",
    );
  }
});

Deno.test("rolesOf() wants all claims of a rule", () => {
  const claims = {
    groups: ["dev", "ops"],
    email_verified: true,
    "a.b": "dotted",
    a: { b: "deep" },
  };
  const rule = (role: string, wanted: Record<string, string | boolean>) => ({
    role,
    claims: wanted,
  });
  const roles = [
    rule("list", { groups: "ops" }),
    rule("both", { groups: "ops", email_verified: true }),
    rule("not-all", { groups: "ops", email_verified: false }),
    rule("missing", { none: "x" }),
    rule("beginning", { groups: "de*" }),
    rule("text-only", { email_verified: "true" }),
  ];
  assertEquals(rolesOf({ roles }, claims), ["list", "both", "beginning"]);
  assertEquals(claimOf(claims, "a.b"), "dotted");
  assertEquals(claimOf({ a: { b: "deep" } }, "a.b"), "deep");
  assertEquals(claimOf({}, "__proto__.x"), undefined);
});

Deno.test("a policy names issuers, and only roles that it has", () => {
  const roles = [{ role: "deploy", claims: {} }];
  const policy = { roles: { deploy: ["deploy.*"] }, issuers: { ci: { ...issuer, roles } } };
  assertEquals(
    compilePolicy(parsePolicy(JSON.stringify(policy), "policy.json")).issuers,
    policy.issuers,
  );
  const error = assertThrows(() => compilePolicy({ ...policy, roles: { user: ["*"] } }), DariError);
  assertEquals(error.code, "configuration");
  assertThrows(() => parsePolicy('{"issuers":{"ci":{}}}', "policy.json"), DariError);
});
