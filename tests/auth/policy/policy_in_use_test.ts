import { assertEquals, assertThrows } from "@std/assert";
import { PolicyInUse } from "../../../lib/auth/policy/policy_in_use.ts";
import { DariError } from "../../../lib/base/errors.ts";

Deno.test("checkRoles() takes the policy's roles, and refuses others with those that there are", () => {
  const policy = new PolicyInUse({ roles: { reader: ["a"], writer: ["b"] } });
  policy.checkRoles(["reader", "writer"]);
  policy.checkRoles([]);
  const error = assertThrows(() => policy.checkRoles(["reader", "raeder"]), DariError);
  assertEquals(error.code, "invalid_params");
  assertEquals(
    error.message,
    'The policy has no role "raeder"; it has reader, writer. Correct the name, or add the role to ' +
      "the policy first",
  );
  new PolicyInUse(undefined).checkRoles(["admin", "user", "certificate"]);
});

Deno.test("change() keeps the policy before where the new one is wrong", () => {
  const policy = new PolicyInUse({ public: ["a"] });
  assertThrows(() => policy.change({ public: ["!"] }), DariError);
  assertEquals(policy.current.isPublic("a"), true);
  policy.change({ public: ["b"] });
  assertEquals([policy.current.isPublic("a"), policy.current.isPublic("b")], [false, true]);
});
