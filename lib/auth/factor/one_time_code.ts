/**
 * One-time codes of authenticator apps (TOTP): how one is computed and found, and the address that an
 * app reads from a QR code.
 *
 * @see RFC 6238
 * @module
 */

import { limits } from "../../base/limits.ts";
import { type Bytes, secretsEqual, utf8 } from "../proof/bytes.ts";

/** How codes are computed. Apps ignore other values than the defaults, so accounts have no others. */
export interface OneTimeCodeOptions {
  /** The hash function. @default {"SHA1"} */
  readonly algorithm?: "SHA1" | "SHA256" | "SHA512";
  /** How many digits a code has. @default {6} */
  readonly digits?: number;
}

/** Whose code an app shows, as it lists it. */
export interface CodeLabel {
  /** The service: `dari`. */
  readonly issuer: string;
  /** The account's name. */
  readonly account: string;
}

/** A secret as a person gives it to an app. */
export interface ShownSecret {
  /** Base32, for apps that cannot read the QR code. */
  readonly secret: string;
  /** What the QR code holds: `otpauth://totp/…`. */
  readonly uri: string;
}

/**
 * Computes the code of a time step.
 *
 * @param secret The secret that server and app share.
 * @param step The number of the step: Unix time divided by 30 seconds.
 * @param options Hash function and digits.
 * @returns The digits.
 */
export async function codeOf(
  secret: Bytes,
  step: number,
  { algorithm = "SHA1", digits = limits.oneTimeCodeDigits }: OneTimeCodeOptions = {},
): Promise<string> {
  const { HOTP, Secret } = await import("otpauth");
  const shared = new Secret({ buffer: secret.slice().buffer });
  return HOTP.generate({ secret: shared, algorithm, digits, counter: step });
}

/**
 * Finds the time step of a code, among the present step and those beside it. The time that takes does
 * not depend on the code.
 *
 * @param secret The secret that server and app share.
 * @param code What the user typed.
 * @param nowMs The time, in milliseconds since the epoch.
 * @param usedStep The last step whose code was used: it and those before it are not accepted again.
 * @returns The step; `undefined` where the code is wrong, too old or used.
 * @see RFC 6238, section 5.2
 */
export async function findStep(
  secret: Bytes,
  code: string,
  nowMs: number,
  usedStep: number,
): Promise<number | undefined> {
  const present = stepAt(nowMs);
  const typed = utf8(code);
  let found: number | undefined;
  for (
    let step = present - limits.oneTimeCodeDriftSteps;
    step <= present + limits.oneTimeCodeDriftSteps;
    step++
  ) {
    const isEqual = secretsEqual(utf8(await codeOf(secret, step)), typed);
    if (isEqual && step > usedStep) found ??= step;
  }
  return found;
}

/**
 * The time step of a moment.
 *
 * @param nowMs The moment, in milliseconds since the epoch.
 * @returns The number of the step.
 */
export function stepAt(nowMs: number): number {
  return Math.floor(nowMs / limits.oneTimeCodeStepMs);
}

/**
 * Writes a secret for an authenticator app.
 *
 * @param secret The secret.
 * @param label Whose it is.
 * @returns The secret in base32, and the address for the QR code.
 */
export async function showSecret(secret: Bytes, label: CodeLabel): Promise<ShownSecret> {
  const { TOTP, Secret } = await import("otpauth");
  const shared = new Secret({ buffer: secret.slice().buffer });
  // A colon divides the two in the address.
  const [issuer, account] = [label.issuer, label.account].map((text) => text.replaceAll(":", " "));
  const totp = new TOTP({
    issuer: issuer ?? "",
    label: account ?? "",
    secret: shared,
    algorithm: "SHA1",
    digits: limits.oneTimeCodeDigits,
    period: limits.oneTimeCodeStepMs / 1_000,
  });
  return { secret: shared.base32, uri: totp.toString() };
}
