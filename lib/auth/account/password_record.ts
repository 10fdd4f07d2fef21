/**
 * What is stored of an account's password: one form for sign-ins that send the password, and one for
 * SCRAM.
 *
 * @module
 */

import { hashPassword, type PasswordHashOptions } from "../proof/password.ts";
import { createScramVerifier, type ScramVerifier } from "../proof/scram.ts";

/** What is stored of a password. */
export interface PasswordRecord {
  /** The PHC string, for sign-ins that send the password. */
  readonly phc: string;
  /**
   * The verifier for SCRAM. It has a salt of its own: with a shared one the PHC string would be
   * enough to sign in by SCRAM.
   */
  readonly scram: ScramVerifier;
}

/**
 * Derives what is stored of a password; takes the time of two derivations.
 *
 * @param password The password, already checked.
 * @param options Iterations and randomness.
 * @returns The record.
 * @throws {AuthenticationError} When the text cannot be a password.
 */
export async function createPasswordRecord(
  password: string,
  options: PasswordHashOptions,
): Promise<PasswordRecord> {
  return {
    phc: await hashPassword(password, options),
    scram: await createScramVerifier(password, options),
  };
}
