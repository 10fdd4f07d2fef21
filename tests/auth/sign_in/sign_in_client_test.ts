import { assert, assertEquals, assertRejects } from "@std/assert";
import { AuthenticationError } from "../../../lib/auth/proof/errors.ts";
import { type Credentials, signIn } from "../../../lib/auth/sign_in/sign_in_client.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { PASSWORD, testIdentity } from "../../support/identity.ts";
import { boundCaller, keyPairAlgorithms, pemPair } from "../../support/identity_keys.ts";
import { scramBinding } from "../../support/identity_scram.ts";

const login = (username: string, password: string) => ({ login: { username, password } });

Deno.test("signIn() by SCRAM and by rpc.login gives the same principal", async () => {
  await using test = await testIdentity();
  for (const plain of [false, true]) {
    const connection = test.connection();
    const signedIn = await signIn(connection.call, {
      login: { username: "ALICE", password: PASSWORD, plain },
    });
    const { credentialId, ...principal } = { ...connection.principal() };
    assertEquals(principal, {
      name: "alice",
      kind: "session",
      roles: ["user"],
      expiresAtMs: signedIn.expiresAtMs ?? 0,
    });
    assert(/^session:[0-9a-f]{16}$/.test(String(credentialId)));
    assertEquals(signedIn.expiresAtMs, test.clock.now() + 12 * 3_600_000);
    assert(/^dses_[A-Za-z0-9_-]{43}$/.test(signedIn.token ?? ""), signedIn.token);
  }
});

Deno.test("signIn() refuses a server that cannot prove that it knows the account", async () => {
  await using test = await testIdentity();
  await using impostor = await testIdentity();
  await impostor.identity.accounts.setPassword("alice", "another long password");
  const real = test.connection();
  const call = async (method: string, params: Record<string, unknown>) => {
    const reply = await real.call(method, params);
    if (!("token" in (reply as object))) return reply;
    return { ...reply as object, data: `v=${btoa("\0".repeat(32))}` };
  };
  await assertRejects(
    () => signIn(call, login("alice", PASSWORD)),
    AuthenticationError,
    "did not prove",
  );
});

Deno.test("signIn() accepts a password from every keyboard, by SCRAM and by rpc.login", async () => {
  await using test = await testIdentity();
  const password = "Zoë zahlt 20 €, ja 🙂👩‍👩‍👧";
  await test.identity.accounts.setPassword("alice", password.normalize("NFD"));
  const spellings = [password.normalize("NFC"), password.replaceAll(" ", "\u00a0")];
  for (const plain of [true, false]) {
    for (const spelling of spellings) {
      const credentials = { login: { username: "ALICE", password: spelling, plain } };
      assertEquals((await signIn(test.connection().call, credentials)).roles, ["user"]);
    }
    for (const wrong of [password.toLowerCase(), password.slice(0, -2)]) {
      const credentials = { login: { username: "alice", password: wrong, plain } };
      await assertRejects(() => signIn(test.connection().call, credentials), DariError);
    }
  }
});

for (const [name, algorithm] of Object.entries(keyPairAlgorithms)) {
  Deno.test(`signIn() by a private key works with ${name}, and not with another key`, async () => {
    await using test = await testIdentity();
    const { publicKey, privateKey } = await pemPair(algorithm);
    const other = await pemPair(algorithm);
    const decrypts = name === "RSA-OAEP";
    const record = await test.identity.publicKeys.add("alice", publicKey, { decrypts });
    assertEquals(record.algorithm as string, name);
    const signedIn = await signIn(boundCaller(test), {
      keyLogin: { username: "Alice", privateKey },
    });
    assertEquals(signedIn.roles, ["user"]);
    assert(signedIn.token?.startsWith("dses_"));
    await assertRejects(
      () =>
        signIn(boundCaller(test), {
          keyLogin: { username: "alice", privateKey: other.privateKey },
        }),
      DariError,
    );
    await test.identity.publicKeys.remove("alice", record.id);
    await assertRejects(
      () => signIn(boundCaller(test), { keyLogin: { username: "alice", privateKey } }),
      DariError,
    );
  });
}

Deno.test("signIn() refuses answers that are malformed", async () => {
  const key = { username: "alice", privateKey: "" };
  const answers: [Credentials, unknown, string][] = [
    [{ token: "t" }, null, 'lacks the list of texts "roles"'],
    [{ token: "t" }, { roles: [1] }, 'lacks the list of texts "roles"'],
    [{ keyLogin: key }, { bindings: "x" }, 'lacks the list of texts "bindings"'],
    [{ keyLogin: key }, { bindings: [] }, 'lacks the text "algorithm"'],
    [{ keyLogin: key }, { bindings: [], algorithm: "RC4" }, 'unknown algorithm "RC4"'],
    [login("alice", PASSWORD), { data: 1 }, 'lacks the text "data"'],
    [login("alice", PASSWORD), Object.create({ data: "x" }), 'lacks the text "data"'],
  ];
  for (const [credentials, answer, reason] of answers) {
    const call = () => Promise.resolve(answer);
    await assertRejects(() => signIn(call, credentials), AuthenticationError, reason);
  }
});

Deno.test("signIn() leaves out of the answer what it cannot use", async () => {
  const answerOf = (more: object) =>
    signIn(() => Promise.resolve({ roles: [], ...more }), { token: "t" });
  const right = { token: "dses_x", expiresAt: "2026-01-01T00:00:00Z", idleMs: 1 };
  const { expiresAt, ...others } = right;
  const expiresAtMs = Date.parse(expiresAt);
  assertEquals(await answerOf(right), { roles: [], ...others, expiresAtMs });
  for (const wrong of [{ token: 1 }, { expiresAt: "soon" }]) {
    assertEquals(await answerOf(wrong), { roles: [] });
  }
  for (const idleMs of [0, -1, "1", null]) assertEquals(await answerOf({ idleMs }), { roles: [] });
});

Deno.test("signIn() does without channel binding only where the server has none", async () => {
  const channelBindings = [scramBinding];
  const firsts: string[] = [];
  const call = (error: DariError) => (_method: string, params: Record<string, unknown>) => {
    firsts.push(String(params["data"]).slice(0, 2));
    return Promise.reject(error);
  };
  const attempt = (error: DariError) =>
    signIn(call(error), login("alice", PASSWORD), { channelBindings }).catch(() => {});
  await attempt(new DariError("failed_precondition", "no channel binding"));
  assertEquals(firsts.splice(0), ["p=", "y,"]);
  await attempt(new DariError("unauthenticated", "refused"));
  assertEquals(firsts.splice(0), ["p="]);
});
