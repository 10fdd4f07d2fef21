/**
 * Account names: all spellings that people take for the same name are one account (RFC 8265 section
 * 3.3, UsernameCaseMapped). Texts of other fields: no control characters.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { byteLength } from "../../base/text/byte_length.ts";
import { limits } from "../../base/limits.ts";

/** IdentifierClass of RFC 8264 section 4.2: letters, digits, marks, and ASCII's printable signs. */
const NOT_ALLOWED = /[^\u0021-\u007e\p{Ll}\p{Lo}\p{Lm}\p{Nd}\p{Mn}\p{Mc} ]/u;

/** Characters without a shape of their own, letters and marks among them: a name with one looks like another. */
export const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u;

/** Scripts whose letters look like those of another one of them. */
const LOOK_ALIKES = ["Latin", "Greek", "Cyrillic", "Armenian", "Cherokee"].map((script) =>
  new RegExp(`\\p{Script=${script}}`, "u")
);

/** Full-width and half-width forms (RFC 8265 section 3.3, width mapping rule). */
const WIDTH_FORMS = /[\uff01-\uffee]/gu;

const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u;
const LEFT_TO_RIGHT = /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hangul}]/u;

/**
 * Folds an account's name: case, width, composition and the kind of space do not matter.
 *
 * @param name What somebody typed.
 * @returns The form under which the account is stored.
 * @throws {DariError} `invalid_params` when it is empty, longer than 128 bytes, or has characters that
 * names may not have: control characters, invisible characters, symbols, emoji; or when one of its
 * words mixes scripts whose letters look alike.
 * @see RFC 8265, section 3.3
 * @example
 * ```ts
 * import { foldName } from "@dari/dari/auth";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(foldName("Ａlice"), "alice");
 * ```
 */
export function foldName(name: string): string {
  if (!name.isWellFormed()) throw refusal("it is not well-formed Unicode");
  const folded = name
    .replace(WIDTH_FORMS, (form) => form.normalize("NFKC"))
    .replace(/\p{Zs}+/gu, " ")
    .replace(/^ | $/g, "")
    .toLowerCase()
    .normalize("NFC");
  if (folded === "") throw refusal("it is empty");
  if (byteLength(folded) > limits.maxNameBytes) {
    throw refusal(`it is longer than ${limits.maxNameBytes} bytes`);
  }
  const refused = folded.match(NOT_ALLOWED)?.[0] ?? folded.match(INVISIBLE)?.[0];
  if (refused !== undefined) {
    throw refusal(
      `it has the character U+${refused.codePointAt(0)?.toString(16).padStart(4, "0")}`,
    );
  }
  // HasCompat (RFC 8264 section 9.17): ligatures and the like, which look like other letters.
  if (folded.normalize("NFKC") !== folded) throw refusal("it has a compatibility character");
  // The Bidi Rule (RFC 5893), in the strict form that no name mixes directions.
  if (RIGHT_TO_LEFT.test(folded) && LEFT_TO_RIGHT.test(folded)) {
    throw refusal("it mixes writing directions");
  }
  // UTS 39, section 5.1, for the scripts that matter: a Cyrillic letter makes a second "admin".
  for (const word of folded.split(/[^\p{L}\p{M}]+/u)) {
    if (LOOK_ALIKES.filter((script) => script.test(word)).length > 1) {
      throw refusal(`the word "${word}" mixes scripts whose letters look alike`);
    }
  }
  return folded;
}

/**
 * Folds the name in a sign-in.
 *
 * @param name The name that the client sent.
 * @returns The folded name; `null` where no account can have it.
 */
export function foldNameOrNull(name: string): string | null {
  try {
    return foldName(name);
  } catch {
    return null;
  }
}

/**
 * Refuses text that cannot be stored, or that could mislead its readers in a terminal.
 *
 * @param text The text.
 * @param what What the text is, for the message: `e-mail`.
 * @returns The text in NFC.
 * @throws {DariError} `invalid_params` when it is too long, or has control characters or characters
 * that turn the direction of what follows.
 */
export function checkText(text: string, what: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what it looks for
  if (!text.isWellFormed() || /[\u0000-\u001f\u007f-\u009f\p{Bidi_Control}]/u.test(text)) {
    throw new DariError(
      "invalid_params",
      `The ${what} has control characters or is not well-formed Unicode; remove them`,
    );
  }
  if (text.length > limits.maxTextLength) {
    throw new DariError(
      "invalid_params",
      `The ${what} has ${text.length} characters; at most ${limits.maxTextLength} are allowed`,
    );
  }
  return text.normalize("NFC");
}

function refusal(reason: string): DariError {
  return new DariError(
    "invalid_params",
    `The account name cannot be used: ${reason}; use letters, digits and ._-`,
  );
}
