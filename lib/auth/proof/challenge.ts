/**
 * Sign-in by public key: the server sends a challenge, and the owner of the key answers it. Both
 * ends build the text that is signed from what they see themselves, so an answer for one server or
 * one TLS connection is worthless on another.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import { limits } from "../../base/limits.ts";
import type { ChannelBinding } from "../../transport/connection.ts";
import { type Bytes, hmacSha256, type RandomBytes, secretsEqual, utf8 } from "./bytes.ts";
import { importPublicKey, type PublicKeyRecord, verifySignature } from "./public_key.ts";

/** What an answer is for; one that signs in renews no certificate, and the other way round. */
export type ChallengePurpose = "sign-in" | "renew";

/** What the answer to a challenge covers. */
export interface ChallengeFacts {
  /** What the answer is for. @default {"sign-in"} */
  readonly purpose?: ChallengePurpose | undefined;
  /** The server's id, which came with the challenge. */
  readonly server: string;
  /** The account's name, as the client wrote it; for `renew` the certificate's serial number. */
  readonly username: string;
  /** The challenge in base64url: a nonce or, for a key that decrypts, the encrypted nonce. */
  readonly challenge: string;
  /** The types of channel binding that the server offers, as far as this end knows. */
  readonly bindings?: readonly string[];
  /** The one of them that the client uses. */
  readonly binding?: ChannelBinding | undefined;
}

/** A challenge that waits for its answer. */
export interface OpenChallenge extends Omit<ChallengeFacts, "binding" | "bindings"> {
  /** The key that has to answer. */
  readonly key: PublicKeyRecord;
  /** For a key that decrypts: the nonce that it has to find. */
  readonly secret?: Bytes;
}

/**
 * The text that is signed, or authenticated with the decrypted nonce.
 *
 * @param facts What the answer covers.
 * @returns The text's bytes.
 */
export function challengeText(facts: ChallengeFacts): Bytes {
  const { purpose = "sign-in", server, username, challenge, bindings = [], binding } = facts;
  return utf8([
    `dari/1 ${purpose}`,
    server,
    JSON.stringify(username),
    challenge,
    // Signed too, so that nobody in between can remove the server's offer to bind.
    bindings.join(" "),
    binding === undefined ? "none" : `${binding.type}=${encodeBase64Url(binding.data)}`,
  ].join("\n"));
}

/**
 * Makes a challenge for a key.
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
  const encrypted = await encryptFor(key, nonce) ?? random(limits.minRsaBits / 8);
  return { server, username, challenge: encodeBase64Url(encrypted), key, secret: nonce };
}

/** @returns `undefined` for a key from before keys were checked that the runtime cannot use. */
async function encryptFor(key: PublicKeyRecord, nonce: Bytes): Promise<ArrayBuffer | undefined> {
  try {
    return await crypto.subtle.encrypt("RSA-OAEP", await importPublicKey(key), nonce);
  } catch {
    return undefined;
  }
}

/**
 * Checks an answer.
 *
 * @param open The challenge.
 * @param answer The signature, or the HMAC under the decrypted nonce.
 * @param channelBindings The connection's bindings, as this end sees them.
 * @param type The type of the binding that the client used, `undefined` for none.
 * @returns Whether the owner of the key gave it.
 */
export async function checkAnswer(
  open: OpenChallenge,
  answer: Bytes,
  channelBindings: readonly ChannelBinding[],
  type: string | undefined,
): Promise<boolean> {
  const binding = channelBindings.find((each) => each.type === type);
  if (type !== undefined && binding === undefined) return false;
  const bindings = channelBindings.map((each) => each.type);
  const text = challengeText({ ...open, bindings, binding });
  if (open.secret === undefined) return await verifySignature(open.key, answer, text);
  return secretsEqual(await hmacSha256(open.secret, text), answer);
}
