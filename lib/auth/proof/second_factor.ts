/**
 * A sign-in that needs more than one proof.
 *
 * @module
 */

import { RpcError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { escapeControls } from "../../base/text/printable.ts";

/**
 * A sign-in was right as far as it went, and the account asks for a second factor; the code is
 * `second_factor_required`. A gate throws it, and a client that signs in gets it with the kinds.
 *
 * @example
 * ```ts
 * import { SecondFactorRequiredError } from "@dari/dari/auth";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new SecondFactorRequiredError(["totp"]);
 * assertEquals(error.code, "second_factor_required");
 * assertEquals(error.kinds, ["totp"]);
 * ```
 */
export class SecondFactorRequiredError extends RpcError {
  /** The kinds of factors that the account has, for instance `totp`. */
  readonly kinds: readonly string[];
  /** With SCRAM the server's final message: it proves the server before the client gives a code. */
  readonly scram: string | undefined;

  /**
   * Makes an error. Clients that know no second factor show its message.
   *
   * @param kinds The kinds of factors that the account has.
   * @param scram With SCRAM, the server's final message.
   */
  constructor(kinds: readonly string[], scram?: string) {
    const listed = kinds.length === 0 ? "" : ` (${kinds.join(", ")})`;
    const message =
      `The account needs a second factor to sign in${listed}; use a program that asks ` +
      "for it, or sign in by an API key";
    const data = scram === undefined ? { kinds } : { kinds, scram };
    super("second_factor_required", message, { data });
    this.kinds = kinds;
    this.scram = scram;
  }
}

/**
 * The error of a sign-in as its caller gets it.
 *
 * @param error What the call of the sign-in rejected with.
 * @returns The error with its kinds where a second factor is asked for, and otherwise the same error.
 */
export function signInErrorOf(error: unknown): unknown {
  if (!(error instanceof RpcError) || error.code !== "second_factor_required") return error;
  const { kinds, scram } = (error.data ?? {}) as { kinds?: unknown; scram?: unknown };
  const texts = (Array.isArray(kinds) ? kinds : [])
    .filter((kind) => typeof kind === "string" && kind.length <= limits.maxRoleLength)
    .slice(0, limits.maxAccountItems);
  const proof = typeof scram === "string" ? scram : undefined;
  return new SecondFactorRequiredError(texts.map(escapeControls), proof);
}
