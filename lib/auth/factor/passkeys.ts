/**
 * Passkeys of accounts: the two ceremonies of Web Authentication, over the store.
 *
 * @see {@link https://www.w3.org/TR/webauthn-3/#sctn-rp-operations | Web Authentication, section 7}
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import { decodeHex } from "@std/encoding/hex";
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/server";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { type Collection, untilNoConflict, type Versioned } from "../../store/collection.ts";
import type { PutOperation, Store } from "../../store/store.ts";
import { accountId, type AccountRecord } from "../account/account.ts";
import type { Accounts } from "../account/accounts.ts";
import { InactiveAccountError } from "../account/errors.ts";
import { AuthenticationError } from "../proof/errors.ts";
import { Ceremonies, type CeremoniesParts, challengeIn } from "./ceremony.ts";
import {
  checkFactorName,
  type Factor,
  type FactorRecord,
  noFactors,
  passkeyFactorOf,
} from "./factor_record.ts";
import {
  checkProof,
  checkRegistration,
  notRegistered,
  registrationOptions,
  signInOptions,
  transportsOf,
} from "./passkey_checks.ts";
import {
  passkeyId,
  passkeyKey,
  type PasskeyOwner,
  type PasskeyRecord,
  type Site,
} from "./passkey_record.ts";

/** What passkeys need. Nothing of it has an end but the store, which its opener closes. */
export interface PasskeysParts extends CeremoniesParts {
  /** Where a passkey, its owner and its challenge are written in one batch. */
  readonly store: Pick<Store, "batch">;
  /** The accounts. */
  readonly accounts: Pick<Accounts, "record" | "find">;
  /** Passkeys in the store, beside the second factors of their account. */
  readonly records: Collection<FactorRecord>;
  /** Whose each passkey is. */
  readonly owners: Collection<PasskeyOwner>;
}

/** A passkey that proved itself. */
export interface ProvedPasskey {
  /** The account, as it was when the proof was checked. */
  readonly account: AccountRecord;
  /** The passkey's id. */
  readonly id: string;
  /** Writes that use the challenge up and keep the counter. They conflict where another was faster. */
  readonly use: readonly PutOperation[];
}

/** Registers and checks passkeys. */
export class Passkeys {
  readonly #parts: PasskeysParts;
  readonly #ceremonies: Ceremonies;

  /**
   * Puts the passkeys together; `openIdentity` does that.
   *
   * @param parts What they need.
   */
  constructor(parts: PasskeysParts) {
    this.#parts = parts;
    this.#ceremonies = new Ceremonies(parts);
  }

  /**
   * Begins the registration of a passkey.
   *
   * @param name The account's name.
   * @param site Where.
   * @param title The service as authenticators list it.
   * @returns What the page hands to `navigator.credentials.create`.
   * @throws {DariError} `not_found` when there is no such account; `failed_precondition` when it has as
   * many passkeys as it may.
   */
  async registrationOptions(
    name: string,
    site: Site,
    title: string,
  ): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const account = await this.#parts.accounts.record(name);
    const found = await this.#find(account);
    const { passkeys = [] } = checkRoom(found?.record ?? noFactors(account.id));
    const challenge = await this.#ceremonies.challenge("register", site);
    return await registrationOptions({ site, title, challenge, account, passkeys });
  }

  /**
   * Registers a passkey.
   *
   * @param name The account's name.
   * @param site Where.
   * @param answer What the page got from `navigator.credentials.create`, as JSON, and how the owner
   * calls the passkey.
   * @returns The passkey.
   * @throws {DariError} `invalid_params` when the answer is malformed, was made for another origin, name
   * or challenge, or without verifying the user; `already_exists` when the passkey is registered;
   * `failed_precondition` when the account has as many as it may.
   */
  async register(
    name: string,
    site: Site,
    answer: { readonly response: unknown; readonly name?: string },
  ): Promise<Factor> {
    const { store, accounts, records, owners, clock } = this.#parts;
    const factorName = checkFactorName(answer.name ?? "passkey");
    const account = await accounts.record(name);
    const { credential, challenge } = await checkRegistration(
      answer.response,
      site,
      (text) => this.#ceremonies.isOpen(text, "register", site),
    );
    const passkey: PasskeyRecord = {
      id: passkeyId(credential.id),
      credentialId: credential.id,
      name: factorName,
      publicKey: encodeBase64Url(credential.publicKey),
      counter: credential.counter,
      transports: transportsOf(credential),
      rpId: site.rpId,
      createdAtMs: clock.now(),
    };
    const key = passkeyKey(credential.id);
    await untilNoConflict(async () => {
      const isOpen = await this.#ceremonies.isOpen(challenge, "register", site);
      if (!isOpen) throw notRegistered("its challenge");
      const owner = await owners.get(key);
      if (owner !== null && await this.#holderOf(owner.record, credential.id) !== undefined) {
        throw new DariError("already_exists", "The passkey is registered already");
      }
      const stored = await records.get(accountId(account.name));
      const isOwn = stored?.record.accountId === account.id;
      const before = checkRoom(isOwn ? stored.record : noFactors(account.id));
      const after = { ...before, passkeys: [...before.passkeys ?? [], passkey] };
      await store.batch([
        this.#ceremonies.answering(challenge),
        owners.putting(key, { account: account.name, accountId: account.id }, {
          ifVersion: owner?.version ?? 0,
        }),
        records.putting(accountId(account.name), after, { ifVersion: stored?.version ?? 0 }),
      ]);
    });
    return passkeyFactorOf(passkey);
  }

  /**
   * Begins a sign-in. It names no account and no passkey, so it tells nothing.
   *
   * @param site Where.
   * @returns What the page hands to `navigator.credentials.get`.
   */
  async signInOptions(site: Site): Promise<PublicKeyCredentialRequestOptionsJSON> {
    return await signInOptions(site, await this.#ceremonies.challenge("sign in", site));
  }

  /**
   * Checks the proof of a passkey. It writes nothing: the result has the writes that use it up.
   *
   * @param site Where.
   * @param response What the page got from `navigator.credentials.get`, as JSON.
   * @returns The account and the writes.
   * @throws {AuthenticationError} When the passkey is unknown, or its proof was made for another origin,
   * name or challenge, was used, or was made without verifying the user.
   * @throws {InactiveAccountError} When the proof is right, and the account disabled.
   */
  async prove(site: Site, response: unknown): Promise<ProvedPasskey> {
    const answer = response as AuthenticationResponseJSON;
    const credentialId = typeof answer?.id === "string" ? answer.id : "";
    const owner = (await this.#parts.owners.get(passkeyKey(credentialId)))?.record;
    const holder = owner && await this.#holderOf(owner, credentialId);
    if (holder === undefined || holder.passkey.rpId !== site.rpId) {
      throw new AuthenticationError("The passkey is not known here");
    }
    const { account, passkey, factors } = holder;
    const counter = await checkProof(
      answer,
      site,
      passkey,
      (text) => this.#ceremonies.isOpen(text, "sign in", site),
    );
    const { userHandle } = answer.response;
    if (userHandle !== undefined && userHandle !== encodeBase64Url(decodeHex(account.id))) {
      throw new AuthenticationError("The passkey was made for another account");
    }
    if (!account.active) throw new InactiveAccountError("The account is disabled");
    const used = { ...passkey, counter, lastUsedAtMs: this.#parts.clock.now() };
    const passkeys = (factors.record.passkeys ?? []).map((each) => each === passkey ? used : each);
    const { records } = this.#parts;
    return {
      account,
      id: passkey.id,
      use: [
        this.#ceremonies.answering(challengeIn(answer.response.clientDataJSON)),
        records.putting(accountId(account.name), { ...factors.record, passkeys }, {
          ifVersion: factors.version,
        }),
      ],
    };
  }

  /** The account of a passkey, where both still agree. */
  async #holderOf(owner: PasskeyOwner, credentialId: string): Promise<Holder | undefined> {
    const account = await this.#parts.accounts.find(owner.account);
    if (account === null || account.id !== owner.accountId) return undefined;
    const factors = await this.#find(account);
    const passkey = factors?.record.passkeys?.find((each) => each.credentialId === credentialId);
    return factors === null || passkey === undefined ? undefined : { account, factors, passkey };
  }

  async #find(account: AccountRecord): Promise<Versioned<FactorRecord> | null> {
    const found = await this.#parts.records.get(accountId(account.name));
    return found?.record.accountId === account.id ? found : null;
  }
}

interface Holder {
  readonly account: AccountRecord;
  readonly factors: Versioned<FactorRecord>;
  readonly passkey: PasskeyRecord;
}

function checkRoom(record: FactorRecord): FactorRecord {
  if ((record.passkeys?.length ?? 0) < limits.maxPasskeys) return record;
  throw new DariError(
    "failed_precondition",
    `An account has at most ${limits.maxPasskeys} passkeys; remove one first`,
  );
}
