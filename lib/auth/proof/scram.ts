/**
 * SCRAM-SHA-256: what the server stores, and the arithmetic of both sides.
 *
 * @module
 * @see RFC 5802, section 3, and RFC 7677
 */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { limits } from "../../base/limits.ts";
import {
  type Bytes,
  hmacSha256,
  importHmacKey,
  secretsEqual,
  sha256,
  systemRandom,
} from "./bytes.ts";
import { pbkdf2 } from "./derive.ts";
import { AuthenticationError } from "./errors.ts";
import { passwordBytes, type PasswordHashOptions } from "./password.ts";

/**
 * What a server stores to check a password that it never sees. Reading it is not enough to sign in.
 * Bytes are base64, so that the record is JSON.
 */
export interface ScramVerifier {
  /** PBKDF2 iterations. */
  readonly iterations: number;
  /** The salt. */
  readonly salt: string;
  /** H(ClientKey): proves the client. */
  readonly storedKey: string;
  /** HMAC(SaltedPassword, "Server Key"): proves the server. */
  readonly serverKey: string;
}

/**
 * Derives what a server stores of a password.
 *
 * @param password The password.
 * @param options Iterations and randomness.
 * @returns The verifier.
 * @throws {AuthenticationError} When the text cannot be a password.
 * @example
 * ```ts
 * import { createScramVerifier } from "@dari/dari/auth";
 * import { assertEquals } from "@std/assert";
 *
 * const verifier = await createScramVerifier("correct horse battery", { iterations: 4_096 });
 * assertEquals(Object.keys(verifier), ["iterations", "salt", "storedKey", "serverKey"]);
 * ```
 */
export async function createScramVerifier(
  password: string,
  options: PasswordHashOptions = {},
): Promise<ScramVerifier> {
  const { iterations = limits.passwordIterations, random = systemRandom } = options;
  const salt = random(limits.passwordSaltBytes);
  const salted = await pbkdf2(passwordBytes(password), salt, iterations);
  const { clientKey, serverKey } = await deriveKeys(salted);
  return {
    iterations,
    salt: encodeBase64(salt),
    storedKey: encodeBase64(sha256(clientKey)),
    serverKey: encodeBase64(serverKey),
  };
}

/**
 * Derives the two keys of a salted password.
 *
 * @param salted The result of PBKDF2.
 * @returns ClientKey and ServerKey.
 */
export async function deriveKeys(
  salted: Bytes,
): Promise<{ clientKey: Bytes; serverKey: Bytes }> {
  const key = await importHmacKey(salted);
  const [clientKey, serverKey] = await Promise.all([
    hmacSha256(key, "Client Key"),
    hmacSha256(key, "Server Key"),
  ]);
  return { clientKey, serverKey };
}

/**
 * Turns ClientKey into ClientProof and back: XOR is its own inverse.
 *
 * @param left One sequence.
 * @param right Another of the same length.
 * @returns Their XOR.
 */
export function xor(left: Bytes, right: Bytes): Bytes {
  return left.map((byte, at) => byte ^ (right[at] ?? 0));
}

/**
 * Checks a client's proof.
 *
 * @param verifier What the server stores.
 * @param authMessage The messages so far, as RFC 5802 section 3 joins them.
 * @param proof The client's proof.
 * @returns The server's signature where the proof is right, else `null`.
 */
export async function checkProof(
  verifier: ScramVerifier,
  authMessage: string,
  proof: Bytes,
): Promise<Bytes | null> {
  const storedKey = decodeBase64(verifier.storedKey);
  // Both in every case, so that right and wrong take the same time.
  const [clientSignature, serverSignature] = await Promise.all([
    hmacSha256(storedKey, authMessage),
    hmacSha256(decodeBase64(verifier.serverKey), authMessage),
  ]);
  const clientKey = xor(proof, clientSignature);
  return secretsEqual(sha256(clientKey), storedKey) ? serverSignature : null;
}

/**
 * Parses the attributes of a message, for instance `r=…,s=…,i=…`.
 *
 * @param message The message.
 * @param names The attributes' names, in their order; RFC 5802 section 5.1 fixes it.
 * @returns Their values.
 * @throws {AuthenticationError} When one of them is missing or stands elsewhere.
 */
export function parseAttributes<N extends string>(
  message: string,
  names: readonly N[],
): Record<N, string> {
  const parts = message.split(",");
  const values = {} as Record<N, string>;
  // Optional extensions may follow the known attributes; a mandatory one ("m=") would come first.
  for (const [at, name] of names.entries()) {
    const part = parts[at];
    if (!part?.startsWith(`${name}=`)) {
      throw new AuthenticationError(
        `The SCRAM message lacks the attribute "${name}", or has it in the wrong place`,
      );
    }
    values[name] = part.slice(2);
  }
  return values;
}

/**
 * Decodes a base64 attribute.
 *
 * @param text The attribute's value.
 * @returns The bytes.
 * @throws {AuthenticationError} When it is not base64.
 */
export function attributeBytes(text: string): Bytes {
  try {
    return decodeBase64(text);
  } catch (cause) {
    throw new AuthenticationError("A SCRAM attribute is not base64", { cause });
  }
}
