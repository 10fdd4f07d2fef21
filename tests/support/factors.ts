import { limits } from "../../lib/base/limits.ts";
import { codeOf, stepAt } from "../../lib/auth/factor/one_time_code.ts";
import { Secret } from "otpauth";
import type { TestClock } from "./clock.ts";
import type { TestIdentity } from "./identity.ts";

/** An authenticator app that has read the QR code of an account. */
export class AuthenticatorApp {
  readonly #secret: Uint8Array<ArrayBuffer>;

  /** Takes the secret in base32. */
  constructor(secret: string) {
    this.#secret = new Uint8Array(Secret.fromBase32(secret).buffer as ArrayBuffer);
  }

  /** The code at a moment. */
  code(nowMs: number): Promise<string> {
    return codeOf(this.#secret, stepAt(nowMs));
  }
}

/** What an account with a second factor has. */
export interface Enrolled {
  readonly app: AuthenticatorApp;
  readonly id: string;
  readonly recoveryCodes: readonly string[];
}

/**
 * Gives an account of a test a second factor, and lets one time step pass, so that the code that
 * confirmed it is not in the way.
 */
export async function enrol(
  test: Pick<TestIdentity, "identity"> & { readonly clock: Pick<TestClock, "now" | "advance"> },
  name = "alice",
): Promise<Enrolled> {
  const { factors } = test.identity;
  const { secret, id } = await factors.begin(name);
  const app = new AuthenticatorApp(secret);
  const { recoveryCodes = [] } = await factors.confirm(name, await app.code(test.clock.now()));
  test.clock.advance(limits.oneTimeCodeStepMs);
  return { app, id, recoveryCodes };
}
