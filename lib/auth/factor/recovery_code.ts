/**
 * Recovery codes, for users who lost the authenticator app. Each signs in once, and the store has
 * only its hash.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import { limits } from "../../base/limits.ts";
import { type Bytes, hmacSha256, type RandomBytes, secretsEqual, utf8 } from "../proof/bytes.ts";

/** Crockford's base32: no letter that looks like a digit. */
const LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";
const GROUP = 4;

/**
 * Makes the codes of an account.
 *
 * @param random Where random bytes come from.
 * @returns Ten codes of 80 random bits each: `x7kd-2m9q-…`.
 */
export function createRecoveryCodes(random: RandomBytes): string[] {
  return Array.from({ length: limits.recoveryCodes }, () => {
    // A byte has eight times as many values as there are letters, so none is more likely.
    const letters = Array.from(
      random(limits.recoveryCodeLetters),
      (byte) => LETTERS[byte % LETTERS.length],
    );
    return letters.join("").replace(new RegExp(`(.{${GROUP}})(?=.)`, "g"), "$1-");
  });
}

/**
 * Reads a code as people type it: case, spaces and hyphens do not matter, nor do `o` for `0` and `i`
 * or `l` for `1`.
 *
 * @param typed What the user typed.
 * @returns Its letters; for a one-time code its digits.
 */
export function foldCode(typed: string): string {
  return typed.toLowerCase().replace(/[\s-]/g, "").replaceAll("o", "0").replace(/[il]/g, "1");
}

/**
 * Hashes a code for the store. The codes are random and long, so a slow hash is not needed.
 *
 * @param key The key of the store's factors.
 * @param accountId The account's id: equal codes of two accounts have other hashes.
 * @param code The code.
 * @returns The hash in base64url.
 */
export async function hashRecoveryCode(
  key: Bytes | CryptoKey,
  accountId: string,
  code: string,
): Promise<string> {
  const text = `recovery code ${accountId} ${foldCode(code)}`;
  return encodeBase64Url(await hmacSha256(key, text));
}

/**
 * Finds a hash among others. The time that takes does not depend on which it is.
 *
 * @param hashes The hashes of the codes that are left.
 * @param hash The hash of what the user typed.
 * @returns Its place; −1 where it is none of them.
 */
export function findHash(hashes: readonly string[], hash: string): number {
  const wanted = utf8(hash);
  let found = -1;
  hashes.forEach((each, place) => {
    if (secretsEqual(utf8(each), wanted)) found = place;
  });
  return found;
}
