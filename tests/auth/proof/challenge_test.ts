import { assert, assertEquals } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { decodeBase64Url } from "@std/encoding/base64url";
import { encodeHex } from "@std/encoding/hex";
import { answerChallenge } from "../../../lib/auth/proof/answer.ts";
import { systemRandom } from "../../../lib/auth/proof/bytes.ts";
import {
  type ChallengeFacts,
  challengeText,
  checkAnswer,
  createChallenge,
} from "../../../lib/auth/proof/challenge.ts";
import { parsePublicKey } from "../../../lib/auth/proof/public_key.ts";
import type { ChannelBinding } from "../../../lib/transport/connection.ts";
import { limits } from "../../../lib/base/limits.ts";
import { brokenKeys } from "../../support/broken_key.ts";
import { keyPairAlgorithms, pemPair } from "../../support/identity_keys.ts";

const binding: ChannelBinding = { type: "tls-exporter", data: new Uint8Array([1]) };
const facts = {
  server: "server",
  username: "alice",
  challenge: "Y2hhbGxlbmdl",
  bindings: ["tls-exporter"],
  binding,
};

Deno.test("challengeText() differs with every fact that an answer covers", () => {
  const changes: Partial<ChallengeFacts>[] = [
    {},
    { server: "another" },
    { username: "bob" },
    { username: "alice\n" },
    { challenge: "YW5vdGhlcg" },
    { bindings: [] },
    { binding: undefined },
    { binding: { type: "tls-exporter", data: new Uint8Array([2]) } },
    { binding: { type: "tls-server-end-point", data: new Uint8Array([1]) } },
  ];
  const texts = changes.map((change) => encodeHex(challengeText({ ...facts, ...change })));
  assertEquals(new Set(texts).size, changes.length);
});

async function challenged(name: "Ed25519" | "RSA-OAEP") {
  const { publicKey, privateKey } = await pemPair(keyPairAlgorithms[name]);
  const key = await parsePublicKey(publicKey, { createdAtMs: 0, decrypts: name === "RSA-OAEP" });
  const open = await createChallenge("server", "alice", key, systemRandom);
  const answer = async (change: Partial<ChallengeFacts> = {}) => {
    const { challenge } = open;
    const seen = { server: "server", username: "alice", challenge, bindings: [], ...change };
    return decodeBase64Url(await answerChallenge(privateKey, name, seen));
  };
  return { open, answer };
}

for (const name of ["Ed25519", "RSA-OAEP"] as const) {
  Deno.test(`checkAnswer() accepts the answer of a ${name} key, and only under its own facts`, async () => {
    const { open, answer } = await challenged(name);
    assert(await checkAnswer(open, await answer(), [], undefined));
    for (const change of [{ server: "another" }, { username: "bob" }, { bindings: ["x"] }]) {
      assertEquals(await checkAnswer(open, await answer(change), [], undefined), false);
    }
    assertEquals(await checkAnswer(open, new Uint8Array(64), [], undefined), false);
  });
}

Deno.test("checkAnswer() compares the client's channel binding with the connection's own", async () => {
  const { open, answer } = await challenged("Ed25519");
  const { bindings } = facts;
  const bound = await answer({ bindings, binding });
  // A binding that the connection does not have is not taken for none.
  const unbound = await answer({ bindings, binding: undefined });
  assert(await checkAnswer(open, unbound, [binding], undefined));
  assertEquals(await checkAnswer(open, unbound, [binding], "tls-server-end-point"), false);
  assert(await checkAnswer(open, bound, [binding], "tls-exporter"));
  const other = { ...binding, data: new Uint8Array([2]) };
  assertEquals(await checkAnswer(open, bound, [other], "tls-exporter"), false);
  assertEquals(await checkAnswer(open, bound, [binding], undefined), false);
  assertEquals(await checkAnswer(open, bound, [], "tls-exporter"), false);
});

Deno.test("createChallenge() encrypts the nonce for a key that decrypts, and shows it otherwise", async () => {
  const { open: signing } = await challenged("Ed25519");
  assertEquals(signing.secret, undefined);
  assertEquals(decodeBase64Url(signing.challenge).length, limits.challengeBytes);
  const { open: decrypting } = await challenged("RSA-OAEP");
  assertEquals(decrypting.secret?.length, limits.challengeBytes);
  assertEquals(decodeBase64Url(decrypting.challenge).length, 256);
});

Deno.test("createChallenge() challenges a key that cannot encrypt like any other, and nobody can answer", async () => {
  const modulus = brokenKeys.find(({ name }) => name.includes("even"));
  const spki = encodeBase64(modulus!.spki);
  const key = { id: "", algorithm: "RSA-OAEP", spki, name: "old", createdAtMs: 0 } as const;
  const { challenge, secret } = await createChallenge("server", "alice", key, systemRandom);
  assertEquals(decodeBase64Url(challenge).length, limits.minRsaBits / 8);
  assert(secret !== undefined);
});
