/**
 * The requests by which people add passkeys, and the answer to a sign-in by one. A gateway makes them:
 * passkeys belong to the pages of a host.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { Principal } from "../policy/principal.ts";
import type { Factor } from "./factor_record.ts";
import type { FactorChange } from "./factor_requests.ts";
import { checkFresh, type FreshSignInParts } from "./fresh_sign_in.ts";
import type { Site } from "./passkey_record.ts";
import type { Passkeys } from "./passkeys.ts";

/** A passkey that was added. */
export interface AddedPasskey {
  /** The passkey. */
  readonly factor: Factor;
  /** What changed, for observers. */
  readonly change: FactorChange;
}

/** Answers the requests; a part of the gate. */
export interface PasskeyGate {
  /**
   * Begins the registration of a passkey for the caller.
   *
   * @param principal The caller.
   * @param site Where.
   * @param title The service as authenticators list it.
   * @returns What the page hands to `navigator.credentials.create`, as JSON.
   * @throws {DariError} `permission_denied` for another credential than a session;
   * `failed_precondition` where the sign-in is not fresh, or the account has too many.
   */
  registrationOptions(
    principal: Principal,
    site: Omit<Site, "binding">,
    title: string,
  ): Promise<unknown>;
  /**
   * Registers a passkey.
   *
   * @param principal The caller; it has to be the session that began.
   * @param site Where.
   * @param answer What the page got, as JSON, and how the owner calls the passkey.
   * @returns The passkey.
   * @throws {DariError} As `registrationOptions`, and `invalid_params`, `already_exists`.
   */
  register(
    principal: Principal,
    site: Omit<Site, "binding">,
    answer: { readonly response: unknown; readonly name?: string },
  ): Promise<AddedPasskey>;
  /**
   * Begins a sign-in; `rpc.passkey` ends it.
   *
   * @param site Where, and for which browser.
   * @returns What the page hands to `navigator.credentials.get`, as JSON.
   */
  signInOptions(site: Site): Promise<unknown>;
}

/** What the requests need. */
export interface PasskeyRequestsParts extends FreshSignInParts {
  /** The passkeys. */
  readonly passkeys: Passkeys;
}

/** Answers the requests. */
export class PasskeyRequests implements PasskeyGate {
  readonly #parts: PasskeyRequestsParts;

  /**
   * Puts the requests together; `openIdentity` does that.
   *
   * @param parts What they need.
   */
  constructor(parts: PasskeyRequestsParts) {
    this.#parts = parts;
  }

  async registrationOptions(
    principal: Principal,
    site: Omit<Site, "binding">,
    title: string,
  ): Promise<unknown> {
    const bound = await this.#siteOf(principal, site);
    return await this.#parts.passkeys.registrationOptions(principal.name, bound, title);
  }

  async register(
    principal: Principal,
    site: Omit<Site, "binding">,
    answer: { readonly response: unknown; readonly name?: string },
  ): Promise<AddedPasskey> {
    const bound = await this.#siteOf(principal, site);
    const factor = await this.#parts.passkeys.register(principal.name, bound, answer);
    const { name: account } = principal;
    return { factor, change: { account, change: "added", factors: [factor] } };
  }

  signInOptions(site: Site): Promise<unknown> {
    return this.#parts.passkeys.signInOptions(site);
  }

  async #siteOf(principal: Principal, site: Omit<Site, "binding">): Promise<Site> {
    if (principal.kind !== "session") {
      throw new DariError(
        "permission_denied",
        "Only the account itself adds passkeys: sign in by its password, passkey or private key",
      );
    }
    await checkFresh(principal, this.#parts);
    return { ...site, binding: principal.credentialId };
  }
}
