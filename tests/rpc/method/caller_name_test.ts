import { assert, assertEquals } from "@std/assert";
import { callerName, STRANGER } from "../../../lib/rpc/method/caller_name.ts";

Deno.test("callerName() tells an account that is called as strangers are apart from them", () => {
  const principal = (name: string) => ({
    ...{ name, kind: "session", roles: [], credentialId: "session:1" } as const,
  });
  assertEquals(callerName(principal("alice")), "alice");
  assertEquals([callerName(null), callerName(undefined)], [STRANGER, STRANGER]);
  assert(callerName(principal(STRANGER)) !== callerName(null));
});
