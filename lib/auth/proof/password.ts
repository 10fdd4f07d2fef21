/**
 * Passwords: how one is encoded, hashed (as a PHC string) and verified. Which ones may be chosen is
 * in `password_policy.ts`.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { type Bytes, type RandomBytes, secretsEqual, systemRandom, utf8 } from "./bytes.ts";
import { AuthenticationError } from "./errors.ts";
import { pbkdf2 } from "./derive.ts";

/** How a password is hashed. */
export interface PasswordHashOptions {
  /** PBKDF2 iterations. @default {600_000} */
  readonly iterations?: number;
  /** Where the salt comes from. @default {systemRandom} */
  readonly random?: RandomBytes;
}

/** The parts of a stored password hash. */
export interface PasswordHash {
  /** PBKDF2 iterations. */
  readonly iterations: number;
  /** The salt. */
  readonly salt: Bytes;
  /** The derived bytes. */
  readonly hash: Bytes;
}

/**
 * Encodes a password so that every keyboard gives the same bytes: all kinds of space become U+0020,
 * and the text is normalised to NFC.
 *
 * @param password What somebody typed.
 * @returns Its bytes, 1 to 1,024 of them.
 * @throws {AuthenticationError} When the text cannot be a password: it is empty, longer than 1,024
 * bytes, or has control characters. Nothing is derived from such a text.
 * @see RFC 8265, section 4.2 (OpaqueString)
 */
export function passwordBytes(password: string): Bytes {
  // Before normalising, whose time grows with the length of the text.
  if (password.length > limits.maxPasswordBytes || !password.isWellFormed()) {
    throw new AuthenticationError("The password is too long, or not well-formed Unicode");
  }
  const bytes = utf8(password.replace(/\p{Zs}/gu, " ").normalize("NFC"));
  if (bytes.length === 0 || bytes.length > limits.maxPasswordBytes) {
    throw new AuthenticationError("The password is empty or too long");
  }
  // deno-lint-ignore no-control-regex -- control characters are what it looks for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(password)) {
    throw new AuthenticationError("The password has control characters");
  }
  return bytes;
}

/**
 * Hashes a password with PBKDF2-HMAC-SHA256 and a salt of 16 bytes.
 *
 * @param password The password.
 * @param options Iterations and randomness.
 * @returns A PHC string: `$pbkdf2-sha256$i=600000$SALT$HASH`.
 * @throws {AuthenticationError} When the text cannot be a password.
 * @example
 * ```ts
 * import { hashPassword, verifyPassword } from "@dari/dari/auth";
 * import { assert } from "@std/assert";
 *
 * const stored = await hashPassword("correct horse battery", { iterations: 1_000 });
 * assert(await verifyPassword("correct horse battery", stored));
 * ```
 */
export async function hashPassword(
  password: string,
  options: PasswordHashOptions = {},
): Promise<string> {
  const { iterations = limits.passwordIterations, random = systemRandom } = options;
  const salt = random(limits.passwordSaltBytes);
  const hash = await pbkdf2(passwordBytes(password), salt, iterations);
  return formatPasswordHash({ iterations, salt, hash });
}

/**
 * Verifies a password against a PHC string. The time does not depend on where the hashes differ.
 *
 * @param password The password.
 * @param phc The result of {@linkcode hashPassword}.
 * @returns Whether it is the same password.
 * @throws {AuthenticationError} When the text cannot be a password.
 * @throws {DariError} `data` when the PHC string is not of the form `$pbkdf2-sha256$…`.
 * @example
 * ```ts
 * import { hashPassword, verifyPassword } from "@dari/dari/auth";
 * import { assertEquals } from "@std/assert";
 *
 * const stored = await hashPassword("correct horse battery", { iterations: 1_000 });
 * assertEquals(await verifyPassword("correct horse batteri", stored), false);
 * ```
 */
export async function verifyPassword(password: string, phc: string): Promise<boolean> {
  const { iterations, salt, hash } = parsePasswordHash(phc);
  const derived = await pbkdf2(passwordBytes(password), salt, iterations, hash.length);
  return secretsEqual(derived, hash);
}

/**
 * Formats a password hash as a PHC string.
 *
 * @param hash Iterations, salt and hash.
 * @returns The text; salt and hash are base64 without padding.
 */
export function formatPasswordHash({ iterations, salt, hash }: PasswordHash): string {
  return `$pbkdf2-sha256$i=${iterations}$${unpadded(salt)}$${unpadded(hash)}`;
}

/**
 * Parses a PHC string.
 *
 * @param phc The text.
 * @returns Iterations, salt and hash.
 * @throws {DariError} `data` when it is not of the form `$pbkdf2-sha256$…`, or its iterations or hash
 * are out of range.
 */
export function parsePasswordHash(phc: string): PasswordHash {
  const match = /^\$pbkdf2-sha256\$i=([1-9]\d{0,8})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(phc);
  if (match === null) throw malformedHash();
  const [, iterations, salt, hash] = match as unknown as [string, string, string, string];
  const parsed = {
    iterations: Number(iterations),
    salt: bytesOf(salt),
    hash: bytesOf(hash),
  };
  if (
    parsed.iterations > limits.maxPasswordIterations ||
    parsed.hash.length < limits.minPasswordHashBytes
  ) {
    throw new DariError(
      "data",
      "A stored password hash has parameters out of range; restore a backup",
    );
  }
  return parsed;
}

function unpadded(bytes: Bytes): string {
  return encodeBase64(bytes).replace(/=+$/, "");
}

function bytesOf(unpaddedText: string): Bytes {
  try {
    const { length } = unpaddedText;
    return decodeBase64(unpaddedText.padEnd(Math.ceil(length / 4) * 4, "="));
  } catch {
    // No base64 has such a length. The error would show a part of the hash.
    throw malformedHash();
  }
}

/** The message must not carry the hash into a log. */
function malformedHash(): DariError {
  return new DariError(
    "data",
    "A stored password hash is not a $pbkdf2-sha256$ string; restore a backup",
  );
}
