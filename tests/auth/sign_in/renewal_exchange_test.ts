import { assertEquals, assertRejects } from "@std/assert";
import { answerChallenge } from "../../../lib/auth/proof/answer.ts";
import type { PublicKeyAlgorithm } from "../../../lib/auth/proof/public_key.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import {
  encodePem,
  encodePrivateKeyPem,
  generateKeyPair,
  type KeyAlgorithm,
} from "../../../lib/cert/mod.ts";
import { testIdentity } from "../../support/identity.ts";

/** An identity whose only certificate has a key of this kind. */
async function workshop(kind: KeyAlgorithm = "ecdsa-p256") {
  const { publicKey, privateKey } = await generateKeyPair(kind);
  const found = { serial: "4a", publicKey: encodePem("PUBLIC KEY", publicKey), isRenewed: false };
  const test = await testIdentity({
    renewer: { find: () => Promise.resolve(found), renew: () => Promise.resolve("successor") },
  });
  const key = await encodePrivateKeyPem(privateKey);
  return {
    test,
    key,
    /** Asks for a challenge, and answers it as the facts say. */
    async answer(call = test.connection().call, facts: object = {}, pem = key) {
      const asked = await call("rpc.renew", { certificate: "mine" }) as Record<string, string>;
      const answer = await answerChallenge(pem, asked["algorithm"] as PublicKeyAlgorithm, {
        ...{ purpose: "renew", server: asked["server"]!, challenge: asked["challenge"]! },
        ...{ username: "4a", ...facts },
      });
      return await call("rpc.renew", { answer });
    },
  };
}

for (const kind of ["ecdsa-p256", "rsa-2048", "ed25519"] as const) {
  Deno.test(`rpc.renew gives a successor to who holds the key (${kind}), and signs nobody in`, async () => {
    const { test, answer } = await workshop(kind);
    await using _ = test;
    const connection = test.connection();
    assertEquals(await answer(connection.call), { certificate: "successor" });
    assertEquals(connection.principal(), null);
  });
}

Deno.test("rpc.renew refuses every other answer, and counts it against the peer", async () => {
  const { test, answer, key } = await workshop();
  await using _ = test;
  const other = await encodePrivateKeyPem((await generateKeyPair()).privateKey);
  const refused = async (call: () => Promise<unknown>) => {
    const error = await assertRejects(call, DariError);
    assertEquals([error.code, error.message], [
      "unauthenticated",
      "The credential was not accepted",
    ]);
  };
  await refused(() => answer(undefined, {}, other));
  await refused(() => answer(undefined, { purpose: "sign-in" })); // an answer that signs in
  await refused(() => answer(undefined, { server: "another" }));
  await refused(() => answer(undefined, { username: "4b" }));
  const { call } = test.connection();
  await refused(() => call("rpc.renew", { answer: "AAAA" })); // to no challenge
  const { challenge, server } = await call("rpc.renew", { certificate: "mine" }) as Record<
    string,
    string
  >;
  const facts = {
    purpose: "renew",
    server: server!,
    challenge: challenge!,
    username: "4a",
  } as const;
  const right = await answerChallenge(key, "P-256", facts);
  // Nothing of it is good on another connection, a second time, or after a minute.
  await refused(() => test.connection().call("rpc.renew", { answer: right }));
  await call("rpc.renew", { answer: right });
  await refused(() => call("rpc.renew", { answer: right }));
  await call("rpc.renew", { certificate: "mine" });
  test.clock.advance(limits.exchangeTimeoutMs);
  await refused(() => call("rpc.renew", { answer: right }));
  await call("rpc.renew", { certificate: "mine" });
  test.identity.gate.forget("another connection");
});
