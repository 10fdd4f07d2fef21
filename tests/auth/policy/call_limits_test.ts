import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { compilePolicy, parsePolicy } from "../../../lib/auth/mod.ts";
import { sayRule } from "../../../lib/auth/policy/call_limits.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";

const policy = compilePolicy({
  roles: { admin: ["*"], user: ["*", "!orders.drop"], batch: ["orders.*"], guest: ["add"] },
  public: ["status"],
  limits: {
    user: {
      "*": { perSecond: 100 },
      "orders.*": { perSecond: 10, burst: 20 },
      "orders.export": { perSecond: 0.1 },
      "rpc.discover": { perSecond: 1 },
    },
    batch: { "orders.*": { perSecond: 50 } },
    anonymous: { status: { perSecond: 2 } },
  },
});

const rulesOf = (roles: string[] | null, method: string) =>
  policy.limits?.rulesOf(roles && { roles }, method).map(({ methods }) => methods);

Deno.test("every rule of a role that covers the method holds", () => {
  assertEquals(rulesOf(["user"], "add"), ["*"]);
  assertEquals(rulesOf(["user"], "orders.list"), ["*", "orders.*"]);
  assertEquals(rulesOf(["user"], "orders.export"), ["*", "orders.*", "orders.export"]);
  assertEquals(rulesOf(["guest"], "add"), []);
});

Deno.test("dari's own methods are limited by their names alone", () => {
  assertEquals(rulesOf(["user"], "rpc.discover"), ["rpc.discover"]);
  assertEquals(rulesOf(["user"], "rpc.ping"), []);
});

Deno.test("of several roles that allow the method, the one with the highest rate counts", () => {
  assertEquals(rulesOf(["user", "batch"], "orders.list"), ["orders.*"]);
  assertEquals(
    policy.limits?.rulesOf({ roles: ["user", "batch"] }, "orders.list")[0]?.perSecond,
    50,
  );
  assertEquals(rulesOf(["user", "admin"], "orders.export"), []);
  assertEquals(
    rulesOf(["user", "guest"], "orders.list"),
    ["*", "orders.*"],
    "guest may not call it",
  );
});

Deno.test("callers that have not signed in, and accounts without a role, have the limits of anonymous", () => {
  assertEquals(rulesOf(null, "status"), ["status"]);
  assertEquals(rulesOf([], "status"), ["status"]);
  assertEquals(rulesOf(null, "add"), []);
});

Deno.test("the owner of the process is not limited", () => {
  assertEquals(policy.limits?.rulesOf({ kind: "local", roles: ["user"] }, "add"), []);
});

Deno.test("a limit without a burst lets through as many at once as in a second, and one at least", () => {
  const [all, , slow] = policy.limits?.rules ?? [];
  assertEquals([all?.burst, slow?.burst], [100, 1]);
});

Deno.test("rules are said in words", () => {
  const [, orders] = policy.limits?.rules ?? [];
  assertEquals(
    orders && sayRule(orders),
    'at most 10 calls a second, 20 at once: role "user" limits "orders.*"',
  );
});

Deno.test("without limits there is nothing to ask", () => {
  assertEquals(compilePolicy({ limits: { user: {} } }).limits, undefined);
  assertEquals(compilePolicy().limits, undefined);
});

Deno.test("a mistake in the limits is told with where it is and what to write", () => {
  const most = limits.maxCallsPerSecond;
  const least = limits.minCallsPerSecond;
  const cases: [limits: unknown, ...told: string[]][] = [
    [[], '"limits" must be an object such as'],
    [{ usr: {} }, 'the role "usr", which the policy does not have; it has admin, user'],
    [{ user: 5 }, '"limits.user" must be an object of limits by methods'],
    [{ user: { "a b": { perSecond: 1 } } }, '"a b"', "write a method's name"],
    [{ user: { "!add": { perSecond: 1 } } }, '"!add"', "write a method's name"],
    [{ user: { "rpc.ping": { perSecond: 1 } } }, 'only "rpc.discover" can be limited'],
    [{ user: { add: 10 } }, '"add"', "value must be an object"],
    [{ user: { add: { perSeconds: 10 } } }, '"perSeconds" does not exist'],
    [{ user: { add: { burst: 10 } } }, "perSecond is undefined"],
    [{ user: { add: { perSecond: -1 } } }, "perSecond is -1", `from ${least} to ${most}`],
    [{ user: { add: { perSecond: 0 } } }, "perSecond is 0", "to refuse all calls, deny them"],
    [{ user: { add: { perSecond: 1e308 } } }, "perSecond is 1e+308"],
    [{ user: { add: { perSecond: "10" } } }, 'perSecond is "10"'],
    [{ user: { add: { perSecond: 1, burst: 0 } } }, "burst is 0", "a whole number"],
    [{ user: { add: { perSecond: 1, burst: 1.5 } } }, "burst is 1.5"],
    [{ user: { add: { perSecond: 1, burst: most + 1 } } }, `burst is ${most + 1}`],
  ];
  for (const [wrong, ...told] of cases) {
    const error = assertThrows(
      () => parsePolicy(JSON.stringify({ limits: wrong }), "policy.json"),
      DariError,
    );
    assertEquals(error.code, "configuration");
    for (const part of told) assertStringIncludes(error.message, part);
  }
  assertThrows(
    () => compilePolicy({ roles: { anonymous: [] }, limits: { anonymous: {} } }),
    DariError,
    "rename the role",
  );
});
