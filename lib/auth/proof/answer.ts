/**
 * Sign-in by public key, the client's side: the answer to a challenge.
 *
 * @module
 */

import { decodeBase64Url, encodeBase64Url } from "@std/encoding/base64url";
import { type Bytes, hmacSha256 } from "./bytes.ts";
import { type ChallengeFacts, challengeText } from "./challenge.ts";
import { AuthenticationError } from "./errors.ts";
import { importPrivateKey, keyAlgorithms, type PublicKeyAlgorithm } from "./public_key.ts";

/**
 * Answers a challenge.
 *
 * @param pem The private key as PKCS #8 PEM.
 * @param algorithm The algorithm of the registered key, as the challenge names it.
 * @param facts What this end knows of the sign-in.
 * @returns The answer in base64url, as `rpc.authenticate` takes it.
 * @throws {AuthenticationError} When the challenge was not made for this key.
 * @throws {DariError} `invalid_params` when `pem` is not PEM of a private key.
 * @example
 * ```ts
 * import { answerChallenge } from "@dari/dari/auth";
 * import { encodeBase64 } from "@std/encoding/base64";
 * import { assertEquals } from "@std/assert";
 *
 * const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
 * const { privateKey } = pair as CryptoKeyPair;
 * const pkcs8 = encodeBase64(await crypto.subtle.exportKey("pkcs8", privateKey));
 * const pem = `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`;
 * const facts = { server: "id of the server", username: "alice", challenge: "bm9uY2U" };
 * assertEquals((await answerChallenge(pem, "Ed25519", facts)).length, 86);
 * ```
 */
export async function answerChallenge(
  pem: string,
  algorithm: PublicKeyAlgorithm,
  facts: ChallengeFacts,
): Promise<string> {
  const key = await importPrivateKey(pem, algorithm);
  const text = challengeText(facts);
  if (algorithm !== "RSA-OAEP") {
    return encodeBase64Url(await crypto.subtle.sign(keyAlgorithms[algorithm].use, key, text));
  }
  let nonce: Bytes;
  try {
    nonce = new Uint8Array(
      await crypto.subtle.decrypt("RSA-OAEP", key, decodeBase64Url(facts.challenge)),
    );
  } catch (cause) {
    throw new AuthenticationError("The challenge was not made for this key", { cause });
  }
  return encodeBase64Url(await hmacSha256(nonce, text));
}
