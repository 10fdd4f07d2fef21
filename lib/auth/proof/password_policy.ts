/**
 * Which passwords may be chosen (NIST SP 800-63B-4 section 3.1.1.2): length and a blocklist, no
 * composition rules.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { isCommonPassword } from "./common_passwords.ts";
import { passwordBytes } from "./password.ts";

/** Which passwords may be chosen. */
export interface PasswordPolicy {
  /**
   * The least number of characters, 8 or more: 15 for a password alone, 8 where the account needs a
   * second credential as well.
   *
   * @default {15}
   */
  readonly minCharacters?: number;
}

/**
 * Refuses passwords that may not be chosen.
 *
 * @param password The new password.
 * @param names The account's names and e-mail, from which a password must not be built.
 * @param policy The least length.
 * @throws {DariError} `invalid_params` when it may not be chosen; the message says what to choose
 * instead, and never contains the password.
 * @throws {RangeError} When the policy asks for fewer than 8 characters.
 * @example
 * ```ts
 * import { checkNewPassword } from "@dari/dari/auth";
 * import { DariError } from "@dari/dari";
 * import { assertRejects } from "@std/assert";
 *
 * await checkNewPassword("correct horse battery", ["alice"]);
 * await assertRejects(() => checkNewPassword("short", ["alice"]), DariError, "at least 15");
 * ```
 */
export async function checkNewPassword(
  password: string,
  names: readonly string[],
  policy: PasswordPolicy = {},
): Promise<void> {
  const { minCharacters = limits.minPasswordCharacters } = policy;
  if (!(minCharacters >= limits.minPasswordCharactersAllowed)) {
    throw new RangeError(
      `minCharacters is ${minCharacters}; the least is ${limits.minPasswordCharactersAllowed}`,
    );
  }
  try {
    passwordBytes(password);
  } catch (cause) {
    throw new DariError(
      "invalid_params",
      `The password must have 1 to ${limits.maxPasswordBytes} bytes and no control characters`,
      { cause },
    );
  }
  const characters = [...password.normalize("NFC")].length;
  if (characters < minCharacters) {
    throw new DariError(
      "invalid_params",
      `The password has ${characters} characters; choose at least ${minCharacters}, for instance ` +
        `four random words`,
    );
  }
  const plain = password.normalize("NFKC").toLowerCase();
  if (names.some((name) => name !== "" && isBuiltFrom(plain, name.toLowerCase()))) {
    throw new DariError(
      "invalid_params",
      "The password is built from the account's name; choose another",
    );
  }
  if (await isCommonPassword(password)) {
    throw new DariError(
      "invalid_params",
      "The password is among the most common ones, or one of them with digits, symbols or runs " +
        "added; choose another, for instance four random words",
    );
  }
}

function isBuiltFrom(password: string, name: string): boolean {
  return password.replaceAll(name, "").replace(/[\d\s\p{P}\p{S}]/gu, "") === "" &&
    password.includes(name);
}
