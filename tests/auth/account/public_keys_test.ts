import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { testIdentity } from "../../support/identity.ts";
import { keyPairAlgorithms, pemPair } from "../../support/identity_keys.ts";

Deno.test("add() registers a key, and a second time replaces it", async () => {
  await using test = await testIdentity();
  const { accounts, publicKeys } = test.identity;
  const { publicKey } = await pemPair(keyPairAlgorithms.Ed25519);
  const first = await publicKeys.add("ALICE", publicKey, { name: "laptop" });
  assertEquals([first.name, first.createdAtMs], ["laptop", test.clock.now()]);
  const second = await publicKeys.add("alice", publicKey, { name: "desktop" });
  assertEquals((await accounts.get("alice")).publicKeys, [second]);
});

Deno.test("add() keeps an RSA key once for signing and once for decrypting", async () => {
  await using test = await testIdentity();
  const { accounts, publicKeys } = test.identity;
  const { publicKey } = await pemPair(keyPairAlgorithms["RSA-PSS"]);
  await publicKeys.add("alice", publicKey);
  await publicKeys.add("alice", publicKey, { decrypts: true });
  const { publicKeys: kept } = await accounts.get("alice");
  assertEquals(kept.map(({ algorithm }) => algorithm), ["RSA-PSS", "RSA-OAEP"]);
});

Deno.test("add() refuses unknown accounts, names with control characters and a 65th key", async () => {
  await using test = await testIdentity();
  const { accounts, publicKeys } = test.identity;
  const { publicKey } = await pemPair(keyPairAlgorithms.Ed25519);
  await assertRejects(() => publicKeys.add("nobody", publicKey), DariError, "no account");
  await assertRejects(
    () => publicKeys.add("alice", publicKey, { name: "a\nb" }),
    DariError,
    "key's",
  );
  await accounts.change("alice", (record) => ({
    ...record,
    publicKeys: Array.from({ length: 64 }, (_, i) => ({
      id: String(i),
      algorithm: "Ed25519",
      spki: "",
      name: "key",
      createdAtMs: 0,
    })),
  }));
  await assertRejects(
    () => publicKeys.add("alice", publicKey),
    DariError,
    "at most 64 public keys",
  );
});

Deno.test("remove() removes one key, and ends the sessions of the account", async () => {
  await using test = await testIdentity();
  const { accounts, publicKeys, sessions } = test.identity;
  const { publicKey } = await pemPair(keyPairAlgorithms.Ed25519);
  const { id } = await publicKeys.add("alice", publicKey);
  await sessions.create(await accounts.record("alice"), { address: "a:1" });
  await publicKeys.remove("alice", id);
  assertEquals((await accounts.get("alice")).publicKeys, []);
  assertEquals(await sessions.list(), []);
  await assertRejects(() => publicKeys.remove("alice", id), DariError, "has no public key");
});
