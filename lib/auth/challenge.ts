/**
 * Sign-in by public key: the server asks, the key's owner answers. Both ends put the same text
 * together, each from what it sees itself, so that an answer given to one server or on one TLS
 * connection means nothing on another.
 *
 * @module
 */

import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { encodeBase64Url } from "@std/encoding/base64url";
import { limits } from "../base/limits.ts";
import { type Bytes, hmacSha256, type RandomBytes, utf8 } from "./bytes.ts";
import type { ChannelBinding } from "./gate.ts";
import { importPublicKey, type PublicKeyRecord, verifySignature } from "./public_key.ts";

/** What the two ends agree on. */
export interface ChallengeFacts {
  /** The server's id, as the challenge names it. */
  readonly server: string;
  /** The account's name, as the client wrote it. */
  readonly username: string;
  /** The challenge: a nonce or, for a key that decrypts, its ciphertext. */
  readonly challenge: string;
  /** The connection's binding, where the client can tell it. */
  readonly binding?: ChannelBinding | undefined;
}

/** A challenge that waits for its answer. */
export interface OpenChallenge extends Omit<ChallengeFacts, "binding"> {
  /** The key that has to answer. */
  readonly key: PublicKeyRecord;
  /** For a key that decrypts: what it has to find. */
  readonly secret?: Bytes;
}

/**
 * The text that is signed, or authenticated with the decrypted nonce.
 *
 * @param facts What the two ends agree on.
 * @returns The text's bytes.
 */
export function challengeText(facts: ChallengeFacts): Bytes {
  const { server, username, challenge, binding } = facts;
  return utf8([
    "dari/1 sign-in",
    server,
    JSON.stringify(username),
    challenge,
    binding === undefined ? "none" : `${binding.type}=${encodeBase64Url(binding.data)}`,
  ].join("\n"));
}

/**
 * Draws a challenge for a key.
 *
 * @param server The server's id.
 * @param username The account's name, as the client wrote it.
 * @param key The key that has to answer.
 * @param random Where random bytes come from.
 * @returns The challenge.
 */
export async function createChallenge(
  server: string,
  username: string,
  key: PublicKeyRecord,
  random: RandomBytes,
): Promise<OpenChallenge> {
  const nonce = random(limits.challengeBytes);
  if (key.algorithm !== "RSA-OAEP") {
    return { server, username, challenge: encodeBase64Url(nonce), key };
  }
  const sealed = await crypto.subtle.encrypt("RSA-OAEP", await importPublicKey(key), nonce);
  return { server, username, challenge: encodeBase64Url(sealed), key, secret: nonce };
}

/**
 * Checks an answer.
 *
 * @param open The challenge.
 * @param answer The signature, or the code under the decrypted nonce.
 * @param binding The binding that the client used, as this end sees it.
 * @returns Whether the key's owner gave it.
 */
export async function checkAnswer(
  open: OpenChallenge,
  answer: Bytes,
  binding: ChannelBinding | undefined,
): Promise<boolean> {
  const text = challengeText({ ...open, binding });
  if (open.secret === undefined) return await verifySignature(open.key, answer, text);
  return timingSafeEqual(hmacSha256(open.secret, text), answer);
}
