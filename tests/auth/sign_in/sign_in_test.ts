import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { encodeBase64Url } from "@std/encoding/base64url";
import { answerChallenge } from "../../../lib/auth/proof/answer.ts";
import { AuthenticationError } from "../../../lib/auth/proof/errors.ts";
import { createScramClient } from "../../../lib/auth/proof/scram_client.ts";
import { type Identity, openIdentity } from "../../../lib/auth/sign_in/identity.ts";
import { signIn, type SignInCall } from "../../../lib/auth/sign_in/sign_in_client.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { ChannelBinding } from "../../../lib/transport/connection.ts";
import { PASSWORD, peer, testIdentity } from "../../support/identity.ts";
import { boundCaller, keyPairAlgorithms, pemPair } from "../../support/identity_keys.ts";

const login = (username: string, password: string) => ({ login: { username, password } });

Deno.test("signIn() fails with the same error whatever was wrong", async () => {
  await using test = await testIdentity({ lockout: { failures: 3 } });
  const { accounts } = test.identity;
  await accounts.add({ name: "disabled", password: PASSWORD });
  await accounts.disable("disabled");
  await accounts.add({ name: "passwordless" });
  await accounts.add({ name: "locked", password: PASSWORD });
  for (let i = 0; i < 3; i++) {
    await assertRejects(() => test.identity.verify("locked", "wrong"), AuthenticationError);
  }
  const failures = new Set<string>();
  for (const plain of [true, false]) {
    for (
      const [username, password] of [
        ["alice", "wrong password"],
        ["nobody", PASSWORD],
        ["disabled", PASSWORD],
        ["passwordless", PASSWORD],
        ["locked", PASSWORD],
        ["no\0name", PASSWORD],
        ["", PASSWORD],
      ] as const
    ) {
      const error = await assertRejects(
        () => signIn(test.connection().call, { login: { username, password, plain } }),
        DariError,
      );
      const { name, code, message, retryable, retryAfterMs } = error;
      failures.add(JSON.stringify({ name, code, message, retryable, retryAfterMs }));
    }
  }
  assertEquals(failures.size, 1, [...failures].join("\n"));
  assertEquals(JSON.parse([...failures][0] ?? "{}").code, "unauthenticated");
});

Deno.test("signIn() ignores a session id, a role or a user in the parameters", async () => {
  await using test = await testIdentity();
  const offered = `dses_${"A".repeat(43)}`;
  const reply = await test.connection().call("rpc.login", {
    username: "alice",
    password: PASSWORD,
    token: offered,
    sessionId: offered,
    roles: ["admin"],
    user: "bob",
    __proto__: { roles: ["admin"] },
  }) as { token: string; roles: string[] };
  assert(reply.token !== offered);
  assertEquals(reply.roles, ["user"]);
  await assertRejects(async () => await test.identity.gate.authenticate(offered, "add", null));
});

Deno.test("rpc.login refuses a text that cannot be a password with the message for a wrong one", async () => {
  await using test = await testIdentity();
  const { call } = test.connection();
  for (const password of ["", "nul\0nul\0nul\0nul\0", "\ud800".repeat(20), "x".repeat(1_025)]) {
    const error = await assertRejects(
      () => call("rpc.login", { username: "alice", password }),
      DariError,
      "The credential was not accepted",
    );
    assertEquals(error.code, "unauthenticated");
  }
  // Such a text is no guess, so it does not count as a failure.
  assertEquals((await test.identity.accounts.get("alice")).lockedUntilMs, undefined);
  await signIn(call, login("alice", PASSWORD));
});

Deno.test("sign-in requests refuse parameters of the wrong shape", async () => {
  await using test = await testIdentity();
  const { call } = test.connection();
  const bad: unknown[] = [null, [], ["alice", PASSWORD], {}, { username: 1, password: PASSWORD }, {
    username: "alice",
    password: "x".repeat(10_000),
  }];
  for (const params of bad) {
    const error = await assertRejects(
      () => call("rpc.login", params as Record<string, unknown>),
      DariError,
    );
    assertEquals(error.code, "invalid_params");
  }
});

Deno.test("a SCRAM exchange belongs to one connection, one try and one minute", async () => {
  await using test = await testIdentity();
  const begin = async (connection: ReturnType<typeof test.connection>) => {
    const client = createScramClient({ username: "alice", password: PASSWORD });
    const first = await connection.call("rpc.scram", { data: client.first }) as { data: string };
    return await client.answer(first.data);
  };
  const [here, there] = [test.connection(), test.connection()];
  const final = await begin(here);
  await assertRejects(() => there.call("rpc.scram", { data: final }), DariError);
  await here.call("rpc.scram", { data: final });
  await assertRejects(() => here.call("rpc.scram", { data: final }), DariError);
  const late = await begin(here);
  test.clock.advance(60_001);
  await assertRejects(() => here.call("rpc.scram", { data: late }), DariError);
  const ended = test.connection("ended");
  const forgotten = await begin(ended);
  test.identity.gate.forget("ended");
  await assertRejects(() => ended.call("rpc.scram", { data: forgotten }), DariError);
});

Deno.test("rpc.logout ends the session and signs the connection out", async () => {
  await using test = await testIdentity();
  const connection = test.connection();
  const { token = "" } = await signIn(connection.call, login("alice", PASSWORD));
  const principal = connection.principal();
  await connection.call("rpc.logout", {});
  assertEquals(connection.principal(), null);
  assertThrows(() => test.identity.gate.authorize(principal, "add"), DariError);
  await assertRejects(async () => await test.identity.gate.authenticate(token, "add", null));
  await connection.call("rpc.logout", {});
});

Deno.test("an answer belongs to one server, one connection, one try and one minute", async () => {
  await using test = await testIdentity();
  await using elsewhere = await testIdentity();
  const { publicKey, privateKey } = await pemPair(keyPairAlgorithms.Ed25519);
  await test.identity.publicKeys.add("alice", publicKey);
  await elsewhere.identity.publicKeys.add("alice", publicKey);
  const begin = async (call: ReturnType<typeof boundCaller>) => {
    const facts = await call("rpc.challenge", { username: "alice" }) as {
      server: string;
      challenge: string;
      bindings: string[];
    };
    return await answerChallenge(privateKey, "Ed25519", { ...facts, username: "alice" });
  };
  const refused = async (call: ReturnType<typeof boundCaller>, answer: string) => {
    const error = await assertRejects(() => call("rpc.authenticate", { answer }), DariError);
    assertEquals(error.message, "The credential was not accepted");
  };
  const [here, there, far] = [boundCaller(test), boundCaller(test), boundCaller(elsewhere)];
  const answer = await begin(here);
  await begin(there);
  await refused(there, answer);
  await begin(far);
  await refused(far, answer);
  await here("rpc.authenticate", { answer });
  await refused(here, answer);
  const late = await begin(here);
  test.clock.advance(60_000);
  await refused(here, late);
  await refused(here, "!");
});

Deno.test("an answer that is bound to one TLS connection is refused on another", async () => {
  await using test = await testIdentity();
  const { publicKey, privateKey } = await pemPair(keyPairAlgorithms["P-256"]);
  await test.identity.publicKeys.add("alice", publicKey);
  const binding = (byte: number): ChannelBinding => ({
    type: "tls-exporter",
    data: new Uint8Array(32).fill(byte),
  });
  const credentials = { keyLogin: { username: "alice", privateKey } };
  const attempt = (client: ChannelBinding, server: readonly ChannelBinding[]) =>
    signIn(boundCaller(test, server), credentials, { channelBindings: [client] });
  await attempt(binding(1), [binding(1)]);
  await attempt(binding(1), []);
  await signIn(boundCaller(test, [binding(1)]), credentials);
  await assertRejects(() => attempt(binding(1), [binding(2)]), DariError);
  const stripping: SignInCall = async (method, params) => {
    const reply = await server(method, params) as object;
    return "bindings" in reply ? { ...reply, bindings: [] } : reply;
  };
  const server = boundCaller(test, [binding(1)]);
  await assertRejects(
    () => signIn(stripping, credentials, { channelBindings: [binding(1)] }),
    DariError,
    "not accepted",
  );
});

Deno.test("unknown accounts are challenged as if they had keys, in the same way by every server", async () => {
  await using test = await testIdentity();
  using second = await openIdentity(test.store, { clock: test.clock });
  const challenge = async (identity: Identity, username: string) => {
    const context = { peer, connectionId: "c" };
    const { result } = await identity.gate.signIn("rpc.challenge", { username }, context);
    return result as { algorithm: string; challenge: string };
  };
  const lengths = { "Ed25519": 43, "P-256": 43, "RSA-PSS": 43, "RSA-OAEP": 342 };
  const seen = new Set<string>();
  for (let i = 0; i < 100; i++) {
    const first = await challenge(test.identity, `nobody${i}`);
    const again = await challenge(second, `NOBODY${i}`);
    assertEquals(again.algorithm, first.algorithm);
    assert(again.challenge !== first.challenge);
    assertEquals(first.challenge.length, lengths[first.algorithm as keyof typeof lengths]);
    seen.add(first.algorithm);
  }
  // Alice has an account, and no key.
  assert(seen.has((await challenge(test.identity, "alice")).algorithm));
  assertEquals([...seen].sort(), Object.keys(lengths).sort());
});

Deno.test("a challenge for an unknown key id does not reveal the account's other keys", async () => {
  await using test = await testIdentity();
  const { publicKey } = await pemPair(keyPairAlgorithms["Ed25519"]);
  await test.identity.publicKeys.add("alice", publicKey);
  const asked = async (username: string) => {
    const seen = new Set<string>();
    for (let i = 0; i < 64; i++) {
      const keyId = i.toString(16).padStart(32, "0");
      const { call } = test.connection();
      const ask = async () =>
        (await call("rpc.challenge", { username, keyId }) as { algorithm: string }).algorithm;
      const algorithm = await ask();
      assertEquals(await ask(), algorithm);
      seen.add(algorithm);
    }
    return [...seen].sort();
  };
  // With one decoy for each name, a registered key of another algorithm would be noticed beside it.
  assertEquals(await asked("alice"), await asked("nobody"));
  assertEquals((await asked("alice")).length, 4);
});

Deno.test("a wrong answer gets the same error for known, disabled and unknown accounts", async () => {
  await using test = await testIdentity();
  for (const [algorithm, parameters] of Object.entries(keyPairAlgorithms)) {
    const { publicKey } = await pemPair(parameters);
    const decrypts = algorithm === "RSA-OAEP";
    const disabled = `disabled ${algorithm}`;
    for (const name of [algorithm, disabled]) {
      await test.identity.accounts.add({ name });
      await test.identity.publicKeys.add(name, publicKey, { decrypts });
    }
    await test.identity.accounts.disable(disabled);
    const messages = new Set<string>();
    for (const username of [algorithm, disabled, `nobody ${algorithm}`, "no\0body"]) {
      const call = boundCaller(test);
      await call("rpc.challenge", { username });
      const answer = encodeBase64Url(crypto.getRandomValues(new Uint8Array(64)));
      const error = await assertRejects(() => call("rpc.authenticate", { answer }), DariError);
      messages.add(`${error.code}: ${error.message}`);
    }
    assertEquals([...messages], ["unauthenticated: The credential was not accepted"]);
  }
});

Deno.test("a key of a disabled or unknown account does not sign in", async () => {
  await using test = await testIdentity();
  const { publicKey, privateKey } = await pemPair(keyPairAlgorithms.Ed25519);
  await test.identity.publicKeys.add("alice", publicKey);
  await test.identity.accounts.disable("alice");
  // The challenge for an unknown name may be for another algorithm; the client then refuses itself.
  for (const username of ["alice", "nobody", "somebody", "anybody", "no\0body"]) {
    const error = await assertRejects(
      () => signIn(boundCaller(test), { keyLogin: { username, privateKey } }),
      DariError,
    );
    assertEquals(error.code, "unauthenticated", username);
  }
});

Deno.test("wrong answers to challenges count against their peer as wrong passwords do, and lock no account", async () => {
  await using test = await testIdentity({ maxFailuresPerPeer: 4, lockout: { failures: 1 } });
  const { publicKey, privateKey } = await pemPair(keyPairAlgorithms.Ed25519);
  await test.identity.publicKeys.add("alice", publicKey);
  const sign = () => signIn(boundCaller(test), { keyLogin: { username: "alice", privateKey } });
  const answerWrongly = async (username: string) => {
    const call = boundCaller(test);
    await call("rpc.challenge", { username });
    const answer = encodeBase64Url(new Uint8Array(64));
    return (await assertRejects(() => call("rpc.authenticate", { answer }), DariError)).code;
  };
  for (const username of ["alice", "nobody", "alice"]) {
    await sign(); // a right answer takes nothing back, and counts nothing
    assertEquals(await answerWrongly(username), "unauthenticated");
  }
  const together = await Promise.all(["alice", "alice", "nobody"].map(answerWrongly));
  assertEquals(together.sort(), ["resource_exhausted", "resource_exhausted", "unauthenticated"]);
  assertEquals((await assertRejects(sign, DariError)).code, "resource_exhausted");
  const error = await assertRejects(
    () => signIn(test.connection().call, login("alice", PASSWORD)),
    DariError,
  );
  assertEquals(error.code, "resource_exhausted");
  test.clock.advance(limits.lockoutMs);
  await sign();
});
