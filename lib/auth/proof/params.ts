/**
 * The parameters of sign-in requests: texts of bounded length.
 *
 * @module
 */

import { decodeBase64Url } from "@std/encoding/base64url";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Bytes } from "./bytes.ts";
import { AuthenticationError } from "./errors.ts";

/**
 * Reads texts that a request must have.
 *
 * @param params The parameters, as they came from the peer.
 * @param names The names of the texts.
 * @returns The texts by name.
 * @throws {DariError} `invalid_params` when one is missing, is no text or is too long.
 */
export function textsOf<N extends string>(params: unknown, names: readonly N[]): Record<N, string> {
  const texts = {} as Record<N, string>;
  for (const name of names) {
    const text = optionalTextOf(params, name);
    if (text === undefined) {
      throw new DariError(
        "invalid_params",
        `"${name}" is missing; send an object with ${names.map((each) => `"${each}"`).join(", ")}`,
      );
    }
    texts[name] = text;
  }
  return texts;
}

/**
 * Reads a text that a request may have.
 *
 * @param params The parameters, as they came from the peer.
 * @param name The name of the text.
 * @returns The text, or `undefined`.
 * @throws {DariError} `invalid_params` when it is no text or is too long.
 */
export function optionalTextOf(params: unknown, name: string): string | undefined {
  if (typeof params !== "object" || params === null || !Object.hasOwn(params, name)) {
    return undefined;
  }
  const value: unknown = (params as Record<string, unknown>)[name];
  if (typeof value === "string" && value.length <= limits.maxSignInTextLength) return value;
  throw new DariError(
    "invalid_params",
    `"${name}" must be a text of at most ${limits.maxSignInTextLength} characters`,
  );
}

/**
 * Reads the code of a second factor, where a request has one.
 *
 * @param params The parameters, as they came from the peer.
 * @returns The code, or `undefined`.
 * @throws {DariError} `invalid_params` when it is no text or is too long.
 */
export function codeIn(params: unknown): string | undefined {
  const code = optionalTextOf(params, "code");
  if (code === undefined || code.length <= limits.maxCodeLength) return code;
  throw new DariError(
    "invalid_params",
    `"code" must be a text of at most ${limits.maxCodeLength} characters`,
  );
}

/**
 * Decodes the answer to a challenge.
 *
 * @param text Base64url.
 * @returns The bytes.
 * @throws {AuthenticationError} When the text is not base64url.
 */
export function answerBytes(text: string): Bytes {
  try {
    return decodeBase64Url(text);
  } catch (cause) {
    throw new AuthenticationError("The answer is not base64url", { cause });
  }
}
