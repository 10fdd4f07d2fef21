import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import { decodeHex } from "@std/encoding/hex";
import { encodeBase64 } from "@std/encoding/base64";
import {
  answerChallenge,
  type ChannelBinding,
  type Identity,
  openIdentity,
  signIn,
  type SignInCall,
} from "../../../lib/auth/mod.ts";
import { hmacSha256 } from "../../../lib/auth/proof/bytes.ts";
import { challengeText } from "../../../lib/auth/proof/challenge.ts";
import {
  importPrivateKey,
  parsePublicKey,
  verifySignature,
} from "../../../lib/auth/proof/public_key.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { peer, type TestIdentity, testIdentity } from "../../support/identity.ts";
import { testVectors, type Wycheproof } from "../../support/vectors.ts";

const algorithms = {
  "Ed25519": { name: "Ed25519" },
  "P-256": { name: "ECDSA", namedCurve: "P-256" },
  "RSA-PSS": rsa("RSA-PSS", 2_048),
  "RSA-OAEP": rsa("RSA-OAEP", 2_048),
};

function rsa(name: string, modulusLength: number) {
  return { name, modulusLength, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
}

async function pemPair(algorithm: object & { name: string }) {
  const usages: KeyUsage[] = algorithm.name === "RSA-OAEP"
    ? ["encrypt", "decrypt"]
    : ["sign", "verify"];
  const pair = await crypto.subtle.generateKey(algorithm, true, usages) as CryptoKeyPair;
  const pem = async (format: "spki" | "pkcs8", key: CryptoKey, label: string) => {
    const body = encodeBase64(await crypto.subtle.exportKey(format, key)).replace(/.{64}/g, "$&\n");
    return `-----BEGIN ${label} KEY-----\n${body}\n-----END ${label} KEY-----\n`;
  };
  return {
    publicKey: await pem("spki", pair.publicKey, "PUBLIC"),
    privateKey: await pem("pkcs8", pair.privateKey, "PRIVATE"),
  };
}

/** Signs in over a connection whose server end offers bindings. */
function caller(test: TestIdentity, channelBindings: readonly ChannelBinding[] = []) {
  const connectionId = crypto.randomUUID();
  return async (method: string, params: Record<string, unknown>) => {
    const { result } = await test.identity.gate.signIn(
      method as "rpc.challenge",
      params,
      { peer: { ...peer, channelBindings }, connectionId },
    );
    return result;
  };
}

for (const [name, algorithm] of Object.entries(algorithms)) {
  Deno.test(`signIn() by a private key works with ${name}, and not with another key`, async () => {
    await using test = await testIdentity();
    const { publicKey, privateKey } = await pemPair(algorithm);
    const other = await pemPair(algorithm);
    const decrypts = name === "RSA-OAEP";
    const record = await test.identity.publicKeys.add("alice", publicKey, { decrypts });
    assertEquals(record.algorithm as string, name);
    const signedIn = await signIn(caller(test), { key: { username: "Alice", privateKey } });
    assertEquals(signedIn.roles, ["user"]);
    assert(signedIn.token?.startsWith("dses_"));
    await assertRejects(
      () => signIn(caller(test), { key: { username: "alice", privateKey: other.privateKey } }),
      DariError,
    );
    await test.identity.publicKeys.remove("alice", record.id);
    await assertRejects(
      () => signIn(caller(test), { key: { username: "alice", privateKey } }),
      DariError,
    );
  });
}

Deno.test("an answer belongs to one server, one connection, one try and one minute", async () => {
  await using test = await testIdentity();
  await using elsewhere = await testIdentity();
  const { publicKey, privateKey } = await pemPair(algorithms.Ed25519);
  await test.identity.publicKeys.add("alice", publicKey);
  await elsewhere.identity.publicKeys.add("alice", publicKey);
  const begin = async (call: ReturnType<typeof caller>) => {
    const facts = await call("rpc.challenge", { username: "alice" }) as {
      server: string;
      challenge: string;
      bindings: string[];
    };
    return await answerChallenge(privateKey, "Ed25519", { ...facts, username: "alice" });
  };
  const refused = async (call: ReturnType<typeof caller>, answer: string) => {
    const error = await assertRejects(() => call("rpc.authenticate", { answer }), DariError);
    assertEquals(error.message, "The credential was not accepted");
  };
  const [here, there, far] = [caller(test), caller(test), caller(elsewhere)];
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

Deno.test("an answer bound to one TLS connection is refused on another", async () => {
  await using test = await testIdentity();
  const { publicKey, privateKey } = await pemPair(algorithms["P-256"]);
  await test.identity.publicKeys.add("alice", publicKey);
  const binding = (byte: number): ChannelBinding => ({
    type: "tls-exporter",
    data: new Uint8Array(32).fill(byte),
  });
  const credentials = { key: { username: "alice", privateKey } };
  const attempt = (client: ChannelBinding, server: readonly ChannelBinding[]) =>
    signIn(caller(test, server), credentials, { channelBindings: [client] });
  await attempt(binding(1), [binding(1)]);
  await attempt(binding(1), []);
  await signIn(caller(test, [binding(1)]), credentials);
  await assertRejects(() => attempt(binding(1), [binding(2)]), DariError);
  const stripping: SignInCall = async (method, params) => {
    const reply = await server(method, params) as object;
    return "bindings" in reply ? { ...reply, bindings: [] } : reply;
  };
  const server = caller(test, [binding(1)]);
  await assertRejects(
    () => signIn(stripping, credentials, { channelBindings: [binding(1)] }),
    DariError,
    "not accepted",
  );
});

Deno.test("unknown accounts are challenged as if they had keys, on every server alike", async () => {
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

Deno.test("a challenge for a key id that is not the account's does not tell of its other keys", async () => {
  await using test = await testIdentity();
  const { publicKey } = await pemPair(algorithms["Ed25519"]);
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
  // Were there one stand-in a name, a key of another algorithm would stand out beside it.
  assertEquals(await asked("alice"), await asked("nobody"));
  assertEquals((await asked("alice")).length, 4);
});

Deno.test("a wrong answer reads alike for known, disabled and unknown accounts", async () => {
  await using test = await testIdentity();
  for (const [algorithm, parameters] of Object.entries(algorithms)) {
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
      const call = caller(test);
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
  const { publicKey, privateKey } = await pemPair(algorithms.Ed25519);
  await test.identity.publicKeys.add("alice", publicKey);
  await test.identity.accounts.disable("alice");
  // Unknown names may be asked for a key of another algorithm, which the client sees itself.
  for (const username of ["alice", "nobody", "somebody", "anybody", "no\0body"]) {
    const error = await assertRejects(
      () => signIn(caller(test), { key: { username, privateKey } }),
      DariError,
    );
    assertEquals(error.code, "unauthenticated", username);
  }
});

Deno.test("parsePublicKey() refuses short RSA keys, other curves, private keys and noise", async () => {
  const createdAtMs = 0;
  const short = await pemPair(rsa("RSA-PSS", 1_024));
  const p384 = await pemPair({ name: "ECDSA", namedCurve: "P-384" } as { name: string });
  const ed25519 = await pemPair(algorithms.Ed25519);
  const refused = [short.publicKey, p384.publicKey, ed25519.privateKey, "", "ssh-ed25519 AAAA"];
  for (const pem of refused) {
    const error = await assertRejects(() => parsePublicKey(pem, { createdAtMs }), DariError);
    assertEquals(error.code, "invalid_params");
    assert(!error.message.includes(pem.slice(40, 80) || "-"), "the message shows no key");
  }
  await assertRejects(
    () => parsePublicKey(ed25519.publicKey, { createdAtMs, decrypts: true }),
    DariError,
    "RSA-OAEP",
  );
});

for (
  const [name, file] of [
    ["Ed25519", "ed25519_test.json"],
    ["P-256", "ecdsa_secp256r1_sha256_p1363_test.json"],
  ] as const
) {
  testVectors<Wycheproof<{ publicKeyPem: string }, { msg: string; sig: string }>>(
    `verifySignature() agrees with Wycheproof on ${name}`,
    file,
    async ({ testGroups }) => {
      for (const { publicKeyPem, tests } of testGroups) {
        const key = await parsePublicKey(publicKeyPem, { createdAtMs: 0 });
        for (const { tcId, msg, sig, result } of tests) {
          const right = await verifySignature(key, decodeHex(sig), decodeHex(msg));
          assertEquals(right, result === "valid", `case ${tcId}`);
        }
      }
    },
  );
}

testVectors<Wycheproof<{ privateKeyPem: string }, { msg: string; ct: string; label: string }>>(
  "answerChallenge() decrypts what Wycheproof says can be decrypted, and nothing else",
  "rsa_oaep_2048_sha256_mgf1sha256_test.json",
  async ({ testGroups }) => {
    for (const { privateKeyPem, tests } of testGroups) {
      await importPrivateKey(privateKeyPem, "RSA-OAEP");
      for (const { tcId, msg, ct, label, result } of tests) {
        if (label !== "") continue;
        const challenge = encodeBase64Url(decodeHex(ct));
        const facts = { server: "s", username: "alice", challenge };
        const answer = await answerChallenge(privateKeyPem, "RSA-OAEP", facts).catch(() => null);
        const expected = hmacSha256(decodeHex(msg), challengeText(facts));
        assertEquals(
          answer === null ? null : decodeBase64Url(answer),
          result === "invalid" ? null : expected,
          `case ${tcId}`,
        );
      }
    }
  },
);

Deno.test("two servers of one store have one id, so that either takes a challenge's name", async () => {
  await using test = await testIdentity();
  using second = await openIdentity(test.store, { clock: test.clock });
  const idOf = async (gate: typeof second.gate) => {
    const context = { peer, connectionId: "c" };
    const { result } = await gate.signIn("rpc.challenge", { username: "a" }, context);
    return (result as { server: string }).server;
  };
  assertEquals(await idOf(second.gate), await idOf(test.identity.gate));
});
