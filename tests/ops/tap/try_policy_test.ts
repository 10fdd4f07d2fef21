import { assertEquals } from "@std/assert";
import { compilePolicy, type Policy } from "../../../lib/auth/mod.ts";
import type { TappedCall, TappedPrincipal } from "../../../lib/ops/tap/tapped_call.ts";
import { tryPolicy } from "../../../lib/ops/tap/try_policy.ts";

function call(
  name: string | null,
  roles: readonly string[],
  method: string,
  more: Partial<TappedCall & TappedPrincipal> = {},
): TappedCall {
  const { kind = "apiKey", scopes, ...others } = more;
  const narrowed = scopes === undefined ? {} : { scopes };
  return {
    ...{ startedAtMs: 0, durationMs: 1, peer: "p", connection: "c", bytesIn: 1, bytesOut: 1 },
    ...{
      method,
      principal: name === null ? null : { name, kind, roles, ...narrowed, credential: "" },
    },
    ...others,
  } as TappedCall;
}

function tried(policy: Policy, calls: readonly TappedCall[]) {
  return tryPolicy(compilePolicy(policy), calls);
}

Deno.test("tryPolicy() lists what would be refused and what newly allowed, with the rule", () => {
  const { refused, allowed, calls } = tried({ roles: { user: ["orders.*", "!orders.delete"] } }, [
    call("alice", ["user"], "orders.list"),
    call("alice", ["user"], "orders.delete"),
    call("alice", ["user"], "orders.delete", { error: "internal" }), // it was allowed
    call("alice", ["user"], "orders.add", { error: "permission_denied" }),
    call(null, [], "status"),
    call("local", ["admin"], "anything", { kind: "local" }),
    call("bob", ["user"], "_OTHER", { error: "method_not_found" }),
  ]);
  assertEquals(refused, [
    {
      principal: "alice",
      method: "orders.delete",
      calls: 2,
      reason: 'role "user" denies "orders.delete"',
    },
    { principal: null, method: "status", calls: 1, reason: "nobody is signed in" },
  ]);
  assertEquals(allowed, [
    { principal: "alice", method: "orders.add", calls: 1, reason: 'role "user" allows "orders.*"' },
  ]);
  assertEquals(calls, 6);
});

Deno.test("tryPolicy() knows scopes and administrative methods", () => {
  const policy = { roles: { user: ["*"] } };
  const of = (calls: TappedCall[]) => tried(policy, calls).refused.map(({ method }) => method);
  assertEquals(of([call("a", ["user"], "x", { scopes: ["y"] })]), ["x"]);
  assertEquals(of([call("a", ["user"], "purge", { admin: true })]), ["purge"]);
  assertEquals(of([call("a", ["user"], "purge")]), []);
});

Deno.test("the least roles name what was used and allowed, each method where it is needed", () => {
  const { leastRoles } = tried({ roles: { user: ["*"], admin: ["*"] }, public: ["status"] }, [
    call("both", ["admin", "user"], "orders.list"), // user has it already
    call("both", ["user", "admin"], "purge", { admin: true }), // only admin may
    call("alice", ["user"], "orders.list"),
    call("alice", ["user"], "orders.add"),
    call("alice", ["user"], "orders.drop", { error: "permission_denied" }),
    call("alice", ["user"], "rpc.discover"), // needs only a sign-in
    call("alice", ["user"], "status"),
    call("local", ["admin"], "anything", { kind: "local" }),
    call("nobody", [], "orders.list", { error: "permission_denied" }),
    call("gone", ["auditor"], "orders.read"),
  ]);
  assertEquals(leastRoles, {
    admin: ["purge"],
    auditor: ["orders.read"],
    user: ["orders.add", "orders.list"],
  });
});
