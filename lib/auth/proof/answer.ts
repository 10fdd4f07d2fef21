/**
 * Sign-in by public key, the client's side: answering a challenge.
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
 * @param algorithm What the registered key does, as the challenge names it.
 * @param facts What this end sees.
 * @returns The answer, as `rpc.authenticate` takes it.
 * @throws {AuthenticationError} When the challenge was not made for this key.
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
  return encodeBase64Url(hmacSha256(nonce, text));
}
