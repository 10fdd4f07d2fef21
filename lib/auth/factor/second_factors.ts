/**
 * The second factors of accounts: authenticator apps that show one-time codes, and recovery codes.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Collection, Versioned } from "../../store/collection.ts";
import type { RandomBytes } from "../proof/bytes.ts";
import {
  passkeyCredential,
  passkeyKey,
  type PasskeyOwner,
  type PasskeyRecord,
} from "./passkey_record.ts";
import type { Sessions } from "../credential/sessions.ts";
import { findStep, type ShownSecret, showSecret } from "./one_time_code.ts";
import { createRecoveryCodes, foldCode, hashRecoveryCode } from "./recovery_code.ts";
import type { Sealing } from "./sealing.ts";
import { accountId, type AccountRecord } from "../account/account.ts";
import type { Accounts } from "../account/accounts.ts";
import { type CodeVerdict, useCode } from "./code_check.ts";
import { checkRoom, noEnrolment, noFactor } from "./refusals.ts";
import {
  checkFactorName,
  type CodeFactorRecord,
  codeKindsOf,
  type Factor,
  type FactorList,
  factorListOf,
  factorOf,
  type FactorRecord,
  noFactors,
} from "./factor_record.ts";

/** What the second factors need. Nothing of it has an end but the store, which its opener closes. */
export interface SecondFactorsParts {
  /** The accounts. */
  readonly accounts: Pick<Accounts, "record">;
  /** The factors in the store. */
  readonly records: Collection<FactorRecord>;
  /** In the store: whose each passkey is. */
  readonly passkeyOwners: Pick<Collection<PasskeyOwner>, "delete">;
  /** The sessions that passkeys opened. */
  readonly sessions: Pick<Sessions, "endBy">;
  /** Encrypts the secrets. */
  readonly sealing: Sealing;
  /** The time. */
  readonly clock: Clock;
  /** Where random bytes come from. */
  readonly random: RandomBytes;
}

/** An authenticator app that waits for its first code. The secret is shown here and never again. */
export interface Enrolment extends ShownSecret {
  /** The id of the factor to be. */
  readonly id: string;
  /** How its owner calls it. */
  readonly name: string;
  /** Until when it can be confirmed, in milliseconds since the epoch. */
  readonly endsAtMs: number;
}

/** An authenticator app that counts from now on. */
export interface Confirmed {
  /** The factor. */
  readonly factor: Factor;
  /** The recovery codes, where it is the account's first factor. They are shown here and never again. */
  readonly recoveryCodes?: readonly string[];
}

/**
 * Adds, removes and checks second factors. Every method takes an account's name in any spelling.
 *
 * @example
 * ```ts
 * import { openIdentity } from "@dari/dari/auth";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertEquals } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * using identity = await openIdentity(store);
 * await identity.accounts.add({ name: "alice" });
 * const { uri } = await identity.factors.begin("alice", { name: "phone" });
 * assertEquals(uri.startsWith("otpauth://totp/dari:alice?"), true);
 * // It counts once `confirm` got a code of the app.
 * assertEquals((await identity.factors.list("alice")).factors, []);
 * ```
 */
export class SecondFactors {
  readonly #parts: SecondFactorsParts;

  /**
   * Puts the second factors together; `openIdentity` does that.
   *
   * @param parts What they need.
   */
  constructor(parts: SecondFactorsParts) {
    this.#parts = parts;
  }

  /**
   * Lists an account's factors.
   *
   * @param name The account's name.
   * @returns The factors without their secrets, and how many recovery codes are left.
   * @throws {DariError} `not_found` when there is no such account.
   */
  async list(name: string): Promise<FactorList> {
    const account = await this.#parts.accounts.record(name);
    return factorListOf((await this.#find(account))?.record ?? null);
  }

  /**
   * Makes the secret of an authenticator app. It does not count before {@linkcode confirm}; a second
   * call takes the place of the first.
   *
   * @param name The account's name.
   * @param options How the owner calls the factor, and the service as the app lists it (`dari`).
   * @returns The secret, for the app.
   * @throws {DariError} `not_found` when there is no such account; `invalid_params` for a name that
   * cannot be used; `failed_precondition` when the account has as many apps as it may.
   */
  async begin(
    name: string,
    options: { readonly name?: string; readonly issuer?: string } = {},
  ): Promise<Enrolment> {
    const { accounts, sealing, clock, random } = this.#parts;
    const factorName = checkFactorName(options.name ?? "authenticator app");
    const account = await accounts.record(name);
    const secret = random(limits.oneTimeSecretBytes);
    const now = clock.now();
    const pending: CodeFactorRecord = {
      id: encodeHex(random(limits.factorIdBytes)),
      name: factorName,
      secret: await sealing.seal(secret, account.id),
      createdAtMs: now,
      usedStep: 0,
    };
    await this.#change(account, (record) => ({ ...checkRoom(record), pending }));
    const { issuer = "dari" } = options;
    return {
      id: pending.id,
      name: factorName,
      ...await showSecret(secret, { issuer, account: account.name }),
      endsAtMs: now + limits.enrolmentTimeoutMs,
    };
  }

  /**
   * Confirms an authenticator app by its first code: from now on every sign-in by password needs one.
   *
   * @param name The account's name.
   * @param code The code that the app shows.
   * @returns The factor, and with the account's first factor its recovery codes.
   * @throws {DariError} `not_found` when there is no such account; `failed_precondition` when no app
   * waits for its code; `invalid_params` when the code is wrong.
   */
  async confirm(name: string, code: string): Promise<Confirmed> {
    const { accounts, clock, random, sealing } = this.#parts;
    const account = await accounts.record(name);
    const pending = (await this.#find(account))?.record.pending;
    const now = clock.now();
    if (pending === undefined || pending.createdAtMs + limits.enrolmentTimeoutMs <= now) {
      throw noEnrolment();
    }
    const secret = await sealing.open(pending.secret, account.id);
    const step = await findStep(secret, foldCode(code), now, 0);
    if (step === undefined) {
      throw new DariError(
        "invalid_params",
        "The code is wrong; enter the one that the app shows now, and check the clock of its device",
      );
    }
    const confirmed = { ...pending, usedStep: step };
    const recoveryCodes = createRecoveryCodes(random);
    const hashes = await this.#hashes(account, recoveryCodes);
    let isFirst = false;
    await this.#change(account, (record) => {
      if (record.pending?.id !== pending.id) throw noEnrolment();
      const { pending: _pending, ...rest } = checkRoom(record);
      isFirst = record.codes.length === 0;
      return {
        ...rest,
        codes: [...record.codes, confirmed],
        ...(isFirst ? { recovery: hashes } : {}),
      };
    });
    return { factor: factorOf(confirmed), ...(isFirst ? { recoveryCodes } : {}) };
  }

  /**
   * Makes new recovery codes, and voids those before.
   *
   * @param name The account's name.
   * @returns The codes. They are shown here and never again.
   * @throws {DariError} `not_found` when there is no such account; `failed_precondition` when it has
   * no second factor.
   */
  async renewRecoveryCodes(name: string): Promise<readonly string[]> {
    const { accounts, random } = this.#parts;
    const account = await accounts.record(name);
    const recoveryCodes = createRecoveryCodes(random);
    const recovery = await this.#hashes(account, recoveryCodes);
    await this.#change(account, (record) => {
      if (record.codes.length > 0) return { ...record, recovery };
      throw new DariError(
        "failed_precondition",
        `"${account.name}" has no second factor; add an authenticator app first`,
      );
    });
    return recoveryCodes;
  }

  /**
   * Removes a factor or a passkey. With the last authenticator app go the recovery codes, and the
   * password alone signs in again; with a passkey end the sessions that it opened.
   *
   * @param name The account's name.
   * @param id The factor's id; all factors where it is left out.
   * @returns What was removed.
   * @throws {DariError} `not_found` when there is no such account, or it has no such factor.
   */
  async remove(name: string, id?: string): Promise<readonly Factor[]> {
    const account = await this.#parts.accounts.record(name);
    const isMeant = (each: { readonly id: string }) => id === undefined || each.id === id;
    const isKept = (each: { readonly id: string }) => !isMeant(each);
    let removed: FactorRecord = noFactors(account.id);
    await this.#change(account, (record) => {
      const { passkeys = [] } = record;
      removed = {
        ...record,
        codes: record.codes.filter(isMeant),
        passkeys: passkeys.filter(isMeant),
      };
      const list = factorListOf(removed).factors;
      if (list.length === 0) throw noFactor(account.name, id);
      const codes = record.codes.filter(isKept);
      const recovery = codes.length === 0 ? [] : record.recovery;
      return { ...record, codes, recovery, passkeys: passkeys.filter(isKept) };
    });
    for (const passkey of removed.passkeys ?? []) await this.#end(account, passkey);
    return factorListOf(removed).factors;
  }

  /**
   * Checks the code of a sign-in whose password was right. It writes nothing: the verdict has the write
   * that uses the code up.
   *
   * @param account The account.
   * @param code What the user typed; `undefined` where the sign-in brought none.
   * @returns Whether the code is needed and right.
   */
  async check(account: AccountRecord, code: string | undefined): Promise<CodeVerdict> {
    const found = await this.#find(account);
    const kinds = codeKindsOf(found?.record ?? null);
    if (found === null || kinds.length === 0) return { kind: "notNeeded" };
    if (code === undefined) return { kind: "missing", kinds };
    const after = await useCode(found.record, code, {
      ...this.#parts,
      now: this.#parts.clock.now(),
    });
    if (after === undefined) return { kind: "wrong" };
    const options = { ifVersion: found.version };
    const use = this.#parts.records.putting(accountId(account.name), after, options);
    const isRecovery = after.recovery.length < found.record.recovery.length;
    return { kind: "right", factor: isRecovery ? "recovery" : "totp", use };
  }

  /** The sessions that a passkey opened end with it. */
  async #end(account: AccountRecord, { id, credentialId }: PasskeyRecord): Promise<void> {
    const { sessions, passkeyOwners } = this.#parts;
    await passkeyOwners.delete(passkeyKey(credentialId));
    await sessions.endBy(account.name, passkeyCredential(id));
  }

  async #hashes(account: AccountRecord, codes: readonly string[]): Promise<string[]> {
    const key = await this.#parts.sealing.hashKey();
    return await Promise.all(codes.map((code) => hashRecoveryCode(key, account.id, code)));
  }

  async #find(account: AccountRecord): Promise<Versioned<FactorRecord> | null> {
    const found = await this.#parts.records.get(accountId(account.name));
    return found?.record.accountId === account.id ? found : null;
  }

  async #change(
    account: AccountRecord,
    change: (record: FactorRecord) => FactorRecord,
  ): Promise<void> {
    await this.#parts.records.update(
      accountId(account.name),
      (record) => change(record?.accountId === account.id ? record : noFactors(account.id)),
    );
  }
}
