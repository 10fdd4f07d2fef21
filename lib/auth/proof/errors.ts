/**
 * The error of a credential that proves nothing. Its subclasses for locked and disabled accounts
 * stand in `account/errors.ts`.
 *
 * @module
 */

import { DariError, type DariErrorOptions } from "../../base/errors.ts";

/**
 * A credential does not prove what it claims; the code is `unauthenticated`. A program that embeds
 * dari catches it; on the wire every failed sign-in has the same message.
 *
 * @example
 * ```ts
 * import { AuthenticationError, parseClientFirst } from "@dari/dari/auth";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => parseClientFirst("not a SCRAM message"), AuthenticationError);
 * ```
 */
export class AuthenticationError extends DariError {
  /**
   * Makes an error with the code `unauthenticated`.
   *
   * @param message What was wrong, without the credential itself.
   * @param options Cause and retry advice.
   */
  constructor(message: string, options: DariErrorOptions = {}) {
    super("unauthenticated", message, options);
  }
}
