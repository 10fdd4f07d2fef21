import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { SecondFactorRequiredError, signInErrorOf } from "../../../lib/auth/proof/second_factor.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { createPeerGate } from "../../../lib/rpc/server/peer_gate.ts";
import { Server } from "../../../lib/rpc/server/server.ts";
import { listenMemory } from "../../../lib/transport/memory.ts";
import { Wire } from "../../support/rpc_pair.ts";

/** A gate whose every account has a second factor. */
const gate = {
  ...createPeerGate(),
  signIn: () => Promise.reject(new SecondFactorRequiredError(["totp", "webauthn"])),
};

Deno.test("a sign-in that needs a second factor is answered with the kinds", async () => {
  await using wire = await Wire.open({}, { gate });
  const params = { username: "alice", password: "correct horse battery" };
  const { error } = await wire.ask({ jsonrpc: "2.0", id: 1, method: "rpc.login", params });
  assertEquals([error.code, error.data], [-32010, {
    kinds: ["totp", "webauthn"],
    name: "second_factor_required",
    retryable: false,
  }]);
  assertStringIncludes(error.message, "needs a second factor to sign in (totp, webauthn)");
});

Deno.test("connect() throws the kinds for every kind of sign-in", async () => {
  const memory = listenMemory();
  await using server = new Server({ methods: {}, gate });
  server.listen(memory);
  const login = { username: "alice", password: "correct horse battery" };
  for (const credential of [{ login }, { login: { ...login, plain: true } }, { token: "t" }]) {
    const error = await assertRejects(
      () => connect(memory, credential),
      SecondFactorRequiredError,
    );
    assertEquals(error.kinds, ["totp", "webauthn"]);
  }
});

Deno.test("signInErrorOf() takes no more of the server's kinds than is safe to show", () => {
  const kinds = ["totp", 7, "x".repeat(limits.maxRoleLength + 1), "a\nb", ...Array(100).fill("k")];
  const told = signInErrorOf(new RpcError("second_factor_required", "said", { data: { kinds } }));
  assertEquals((told as SecondFactorRequiredError).kinds.slice(0, 3), ["totp", "a\\u000ab", "k"]);
  assertEquals((told as SecondFactorRequiredError).kinds.length, limits.maxAccountItems);
  for (const data of [undefined, null, {}, { kinds: "totp" }]) {
    const bare = signInErrorOf(new RpcError("second_factor_required", "said", { data }));
    assertEquals((bare as SecondFactorRequiredError).kinds, []);
  }
});

Deno.test("signInErrorOf() leaves every other error as it is", () => {
  const other = new RpcError("unauthenticated", "said");
  assertEquals(signInErrorOf(other), other);
  assertEquals(signInErrorOf(undefined), undefined);
});
