import { assert, assertEquals, assertThrows } from "@std/assert";
import { compilePolicy, parsePolicy } from "../../../lib/auth/mod.ts";
import { isAdministrative } from "../../../lib/auth/policy/policy.ts";
import { checkScopes } from "../../../lib/auth/policy/patterns.ts";
import { DariError } from "../../../lib/base/errors.ts";

const policy = compilePolicy({
  roles: {
    admin: ["*"],
    reader: ["reports.*", "!reports.delete", "health"],
    guest: [],
    blocked: ["!*"],
  },
  scopes: { read: ["reports.list", "reports.get"] },
  public: ["add", "docs.*", "!docs.secret"],
});

const decide = (roles: string[], method: string, scopes?: string[]) =>
  policy.decide({ name: "alice", roles, ...(scopes === undefined ? {} : { scopes }) }, method);

Deno.test("a policy allows by role, denies by default, and says which rule decided", () => {
  const cases: [string[], string, boolean, string][] = [
    [["admin"], "anything", true, 'role "admin" allows "*"'],
    [["reader"], "reports.list", true, 'role "reader" allows "reports.*"'],
    [["reader"], "reports.delete", false, 'role "reader" denies "reports.delete"'],
    [["admin", "reader"], "reports.delete", false, 'role "reader" denies "reports.delete"'],
    [["blocked", "admin"], "reports.list", false, 'role "blocked" denies "*"'],
    [["reader"], "report", false, 'no rule of its roles ("reader") covers "report"'],
    [["reader"], "healthy", false, 'no rule of its roles ("reader") covers "healthy"'],
    [["guest"], "health", false, 'no rule of its roles ("guest") covers "health"'],
    [["constructor"], "health", false, 'no rule of its roles ("constructor") covers "health"'],
    [[], "health", false, '"alice" has no role'],
    [[], "add", true, '"add" is public'],
    [[], "docs.index", true, '"docs.index" is public'],
    [[], "docs.secret", false, '"alice" has no role'],
    [[], "rpc.ping", true, '"rpc.ping" is public'],
    [[], "rpc.discover", true, '"rpc.discover" needs only a sign-in'],
  ];
  for (const [roles, method, allowed, reason] of cases) {
    assertEquals(decide(roles, method), { allowed, reason });
  }
});

Deno.test("administrative methods need the role admin or a rule with their name, and no star of others covers them", () => {
  const strict = compilePolicy({
    roles: {
      admin: ["*"],
      user: ["*"],
      operator: ["rpc.*", "reset"],
      metrics: ["rpc.metrics"],
      careful: ["*", "!rpc.*"],
    },
    scopes: { all: ["*"], metrics: ["rpc.metrics"] },
    public: ["*", "rpc.*"],
  });
  const allowed = (roles: string[], method: string, isAdminMethod = false, scopes?: string[]) =>
    strict.decide(
      { name: "alice", roles, ...(scopes === undefined ? {} : { scopes }) },
      method,
      isAdminMethod,
    ).allowed;
  // Methods of dari itself beyond the ordinary ones are administrative without a word of it.
  assertEquals([allowed(["user"], "rpc.metrics"), allowed(["operator"], "rpc.metrics")], [
    false,
    false,
  ]);
  assertEquals([allowed(["admin"], "rpc.metrics"), allowed(["metrics"], "rpc.metrics")], [
    true,
    true,
  ]);
  assertEquals([allowed(["metrics"], "rpc.tap"), allowed(["admin", "careful"], "rpc.tap")], [
    false,
    false,
  ]);
  // A method of the server that is declared so.
  assertEquals([allowed(["user"], "reset", true), allowed(["operator"], "reset", true)], [
    false,
    true,
  ]);
  assertEquals([allowed(["admin"], "reset", true), allowed(["user"], "reset")], [true, true]);
  assertEquals(strict.decide(null, "reset", true).allowed, false);
  assertEquals(strict.decide(null, "rpc.metrics").allowed, false);
  assertEquals(strict.decide({ name: "local", kind: "local", roles: [] }, "x", true).allowed, true);
  // A scope names it too.
  assertEquals(
    [["*"], ["rpc.*"], ["all"], ["metrics"], ["rpc.metrics"]].map((scopes) =>
      allowed(["admin"], "rpc.metrics", false, scopes)
    ),
    [false, false, false, true, true],
  );
  assertEquals(
    strict.decide({ name: "alice", roles: ["user"] }, "rpc.tap").reason,
    '"rpc.tap" is administrative, and none of its roles ("user") names it',
  );
});

Deno.test("isAdministrative() is about the methods of dari itself that not everybody needs", () => {
  const names = ["rpc.metrics", "rpc.ping", "rpc.discover", "metrics", "rpc"];
  assertEquals(names.map(isAdministrative), [true, false, false, false, false]);
});

Deno.test("the built-in methods that every client needs are no administrative ones", () => {
  const closed = compilePolicy({ roles: { user: [] } });
  const alice = { name: "alice", roles: ["user"] };
  for (
    const name of [
      "ping",
      "health",
      "cancel",
      "login",
      "scram",
      "challenge",
      "authenticate",
      "logout",
    ]
  ) {
    assert(closed.decide(null, `rpc.${name}`).allowed, name);
  }
  assert(closed.decide(alice, "rpc.discover").allowed);
  assert(!compilePolicy().decide(alice, "rpc.metrics").allowed);
  assert(!compilePolicy().decide({ name: "x", roles: ["certificate"] }, "rpc.metrics").allowed);
});

Deno.test("a pattern is a name, the beginning of names, or either behind an exclamation mark", () => {
  for (const text of ["a", "a.b", "a.*", "*", "!a", "!a.*", "!*"]) {
    checkScopes([text]);
    compilePolicy({ roles: { user: [text] } });
  }
  for (const text of ["", "!", "!!a", "a b", "a*b", "**", 'a"b', "a\n"]) {
    const error = assertThrows(() => checkScopes([text]), DariError);
    assertEquals(error.code, "invalid_params", text);
    assertThrows(() => compilePolicy({ roles: { user: [text] } }), DariError, 'role "user"');
    assertThrows(() => parsePolicy(JSON.stringify({ public: [text] }), "policy.json"), DariError);
  }
});

Deno.test("scopes narrow what roles allow, and never widen it", () => {
  const allowed = (roles: string[], method: string, scopes: string[]) =>
    decide(roles, method, scopes).allowed;
  assert(allowed(["admin"], "reports.get", ["read"]));
  assert(!allowed(["admin"], "reports.delete", ["read"]));
  assert(allowed(["admin"], "reports.x", ["reports.*"]));
  assert(!allowed(["admin"], "reports.x", ["reports.*", "!reports.x"]));
  assert(!allowed(["guest"], "reports.get", ["read", "*"]));
  assert(!allowed(["admin"], "reports.get", []));
  assert(allowed(["guest"], "add", []), "public is public");
});

Deno.test("roles do not apply to callers who did not sign in, nor to the owner of the process", () => {
  assertEquals(policy.decide(null, "reports.get").allowed, false);
  assertEquals(policy.decide(null, "rpc.discover").allowed, false);
  assertEquals(policy.decide(null, "add").allowed, true);
  assertEquals(policy.decide({ name: "local", kind: "local", roles: [] }, "x").allowed, true);
});

Deno.test("without a policy every account may call everything, and others nothing", () => {
  const open = compilePolicy();
  assert(open.decide({ name: "a", roles: ["user"] }, "x").allowed);
  assert(!open.decide(null, "x").allowed);
});

Deno.test("parsePolicy() reads a file and says what is wrong with it", () => {
  assertEquals(parsePolicy('{"roles":{"user":["a.*"]}}', "policy.json"), {
    roles: { user: ["a.*"] },
  });
  const wrong: [text: string, reason: string][] = [
    ["", "not JSON"],
    ["[]", "must be an object"],
    ["null", "must be an object"],
    ['{"rules":{}}', '"rules" is not a part'],
    ['{"roles":[]}', '"roles" must be an object'],
    ['{"roles":{"user":"*"}}', '"roles.user" must be a list'],
    ['{"roles":{"user":["add","a*b"]}}', '"roles.user" has "a*b", which is no pattern'],
    ['{"roles":{"user":[null]}}', '"roles.user" has null, which is no pattern'],
    ['{"public":{}}', '"public" must be a list of patterns'],
    ['{"public":["a b"]}', '"public" has "a b", which is no pattern'],
  ];
  for (const [text, reason] of wrong) {
    const error = assertThrows(() => parsePolicy(text, "policy.json"), DariError, reason);
    assertEquals(error.code, "configuration");
  }
  assertThrows(() => compilePolicy({ roles: { user: [""] } }), DariError, 'role "user"');
});
