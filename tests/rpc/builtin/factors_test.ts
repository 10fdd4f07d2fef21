import { assertEquals } from "@std/assert";
import type { FactorChangeRecord, SignInRecord } from "../../../lib/rpc/observer.ts";
import { AuthenticatorApp } from "../../support/factors.ts";
import { PASSWORD, testIdentity } from "../../support/identity.ts";
import { Wire } from "../../support/rpc_pair.ts";
import { createPeerGate } from "../../../lib/rpc/server/peer_gate.ts";

Deno.test("rpc.factors.* work on a connection, and observers hear what changed and what signed in", async () => {
  await using test = await testIdentity();
  const changes: FactorChangeRecord[] = [];
  const signIns: SignInRecord[] = [];
  const observer = {
    factorChanged: (change: FactorChangeRecord) => void changes.push(change),
    signInSucceeded: (record: SignInRecord) => void signIns.push(record),
    signInFailed: (record: SignInRecord) => void signIns.push(record),
  };
  const gate = { ...test.identity.gate, identify: () => Promise.resolve(null) };
  await using wire = await Wire.open({}, { gate, observer });
  let id = 0;
  const ask = (method: string, params: object = {}) =>
    wire.ask({ jsonrpc: "2.0", id: ++id, method, params });
  assertEquals((await ask("rpc.factors.list")).error.data.name, "unauthenticated");
  const login = { username: "alice", password: PASSWORD };
  await ask("rpc.login", login);
  const { result: { secret } } = await ask("rpc.factors.add");
  const app = new AuthenticatorApp(secret);
  const { result: confirmed } = await ask("rpc.factors.confirm", {
    code: await app.code(test.clock.now()),
  });
  assertEquals((await ask("rpc.login", login)).error.data, {
    name: "second_factor_required",
    retryable: false,
    kinds: ["totp", "recovery"],
  });
  const [code] = confirmed.recoveryCodes;
  assertEquals((await ask("rpc.login", { ...login, code })).result.roles, ["user"]);
  await ask("rpc.factors.remove", { id: confirmed.factor.id });
  assertEquals(
    changes.map(({ account, change, principal, factors }) => [
      account,
      change,
      principal.name,
      factors.map(({ kind }) => kind),
    ]),
    [["alice", "added", "alice", ["totp"]], ["alice", "removed", "alice", ["totp"]]],
  );
  assertEquals(signIns.map(({ errorCode, factor }) => [errorCode, factor]), [
    [undefined, undefined],
    ["second_factor_required", undefined],
    [undefined, "recovery"],
  ]);
});

Deno.test("a gate without second factors has no methods for them", async () => {
  await using wire = await Wire.open({}, { gate: createPeerGate() });
  const { error } = await wire.ask({ jsonrpc: "2.0", id: 1, method: "rpc.factors.list" });
  assertEquals(error.data.name, "method_not_found");
});
