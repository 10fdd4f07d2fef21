/**
 * What a program that embeds dari catches when a sign-in fails. On the wire all of them read alike.
 *
 * @module
 */

import { DariError, type DariErrorOptions } from "../../base/errors.ts";

/** A credential does not prove what it claims; its code is `unauthenticated`. */
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

/** The account is locked after too many failures; `retryAfterMs` says for how long. */
export class AccountLockedError extends AuthenticationError {}

/** The account was disabled. */
export class InactiveAccountError extends AuthenticationError {}

/**
 * The one answer that a peer gets, whatever was wrong: unknown account, wrong secret, locked,
 * disabled, expired or revoked.
 *
 * @param error What went wrong.
 * @returns The same error for every kind of failed sign-in, and any other error as it is.
 */
export function indistinguishable(error: unknown): unknown {
  return error instanceof AuthenticationError
    ? new DariError("unauthenticated", "The credential was not accepted", { cause: error })
    : error;
}
