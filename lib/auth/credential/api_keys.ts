/**
 * API keys: credentials for programs, made for an account and narrowed to scopes.
 *
 * @module
 */

import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { accountId, type AccountRecord, byAccountAndAge } from "../account/account.ts";
import { createApiKeyText, parseApiKey } from "../proof/api_key.ts";
import { type Bytes, hmacSha256, type RandomBytes, sha256, utf8 } from "../proof/bytes.ts";
import type { Collection } from "../../store/collection.ts";
import { AuthenticationError, InactiveAccountError } from "../proof/errors.ts";
import { checkText } from "../account/names.ts";
import { checkScopes } from "../policy/policy.ts";

/** One secret of a key: two of them while a rotation overlaps. */
export interface ApiKeySecret {
  /** SHA-256 of the secret, in hexadecimal. */
  readonly hash: string;
  /** Only with `signs`: what signatures are checked with, in hexadecimal. */
  readonly signingKey?: string;
  /** When this secret ends, in milliseconds since the epoch. */
  readonly endsAtMs?: number;
}

/** A key as it is stored, under its id. */
export interface ApiKeyRecord {
  /** Its id. */
  readonly id: string;
  /** The account's folded name. */
  readonly account: string;
  /** The account's id; another one says that the account was removed since. */
  readonly accountId: string;
  /** What its owner calls it. */
  readonly name: string;
  /** What it is narrowed to; absent, it may do what its account may. */
  readonly scopes?: readonly string[];
  /** Whether it is accepted. */
  readonly active: boolean;
  /** Whether it may sign requests instead of being sent. */
  readonly signs: boolean;
  /** When it was made. */
  readonly createdAtMs: number;
  /** When it ends. */
  readonly expiresAtMs?: number;
  /** Its secrets, the newest first. */
  readonly secrets: readonly ApiKeySecret[];
}

/** A key as its owner sees it. */
export interface ApiKey extends Omit<ApiKeyRecord, "secrets" | "accountId"> {
  /** When it was used last, to the minute, in milliseconds since the epoch. */
  readonly lastUsedAtMs?: number;
}

/** A key to be made. */
export interface NewApiKey {
  /** The account's folded name. */
  readonly account: string;
  /** What its owner calls it. */
  readonly name: string;
  /** Narrows it to scopes of the policy, or to patterns of methods. */
  readonly scopes?: readonly string[];
  /** When it ends, in milliseconds since the epoch. */
  readonly expiresAtMs?: number;
  /**
   * Lets it sign requests. The store then holds what checks signatures, and whoever can read the
   * store could sign: HMAC knows no other way. Public keys do.
   *
   * @default {false}
   */
  readonly signs?: boolean;
}

/** A key that was found, with its account. */
export interface FoundApiKey {
  /** The key. */
  readonly record: ApiKeyRecord;
  /** The secret that was used. */
  readonly secret: ApiKeySecret;
  /** Its account. */
  readonly account: AccountRecord;
}

/** What API keys need. */
export interface ApiKeysParts {
  /** The keys. */
  readonly keys: Collection<ApiKeyRecord>;
  /** When they were used. */
  readonly uses: Collection<{ atMs: number }>;
  /** The accounts. */
  readonly accounts: Collection<AccountRecord>;
  /** The time. */
  readonly clock: Clock;
  /** Where random bytes come from. */
  readonly random: RandomBytes;
}

/** The API keys of a store. */
export class ApiKeys {
  readonly #parts: ApiKeysParts;

  /**
   * Puts them together; `openIdentity` does.
   *
   * @param parts What the keys need.
   */
  constructor(parts: ApiKeysParts) {
    this.#parts = parts;
  }

  /**
   * Makes a key. Its text is shown here and never again: the store has its hash.
   *
   * @param key Account, name, scopes and expiry.
   * @returns The text and the key.
   * @throws {DariError} `not_found` when there is no such account, `invalid_params`.
   */
  async create(key: NewApiKey): Promise<{ text: string; key: ApiKey }> {
    const { scopes, expiresAtMs, signs = false } = key;
    if (scopes !== undefined) checkScopes(scopes);
    const now = this.#parts.clock.now();
    if (expiresAtMs !== undefined && !(expiresAtMs > now)) {
      throw new DariError(
        "invalid_params",
        "The key would have ended already; give a later moment",
      );
    }
    const account = (await this.#parts.accounts.get(accountId(key.account)))?.record;
    if (account === undefined) {
      throw new DariError("not_found", `There is no account "${key.account}"`);
    }
    const { id, text, secret } = createApiKeyText(this.#parts.random);
    const record: ApiKeyRecord = {
      id,
      account: account.name,
      accountId: account.id,
      name: checkText(key.name, "key's name"),
      ...(scopes === undefined ? {} : { scopes }),
      active: true,
      signs,
      createdAtMs: now,
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
      secrets: [keep(secret, signs)],
    };
    await this.#parts.keys.put(id, record, { ifVersion: 0 });
    return { text, key: keyOf(record) };
  }

  /**
   * Finds a key by its text.
   *
   * @param text What a client sent.
   * @returns The key and its account.
   * @throws {AuthenticationError} When there is none, it ended, or its account did.
   */
  async find(text: string): Promise<FoundApiKey> {
    const { id, secret } = parseApiKey(text);
    const hash = sha256(secret);
    return await this.findById(id, ({ hash: kept }) => timingSafeEqual(decodeHex(kept), hash));
  }

  /**
   * Finds a key by its id and one of its secrets.
   *
   * @param id The id.
   * @param matches Whether a secret that is still valid is the one.
   * @returns The key and its account.
   * @throws {AuthenticationError} When there is none, it ended, or its account did.
   */
  async findById(
    id: string,
    matches: (secret: ApiKeySecret) => boolean,
  ): Promise<FoundApiKey> {
    const record = (await this.#parts.keys.get(id))?.record;
    const now = this.#parts.clock.now();
    let secret: ApiKeySecret | undefined;
    for (const each of record?.secrets ?? []) {
      if ((each.endsAtMs ?? Infinity) > now && matches(each)) secret = each;
    }
    if (
      record === undefined || secret === undefined || !record.active ||
      (record.expiresAtMs ?? Infinity) <= now
    ) throw new AuthenticationError("There is no such API key, or it ended");
    const account = (await this.#parts.accounts.get(accountId(record.account)))?.record;
    if (account?.id !== record.accountId) {
      throw new AuthenticationError("The API key's account was removed");
    }
    if (!account.active) throw new InactiveAccountError("The account is disabled");
    return { record, secret, account };
  }

  /** Writes down that a key was used. */
  async touch(id: string): Promise<void> {
    await this.#parts.uses.put(id, { atMs: this.#parts.clock.now() });
  }

  /**
   * Lists keys of the accounts that there are.
   *
   * @param account Only of this account, by its folded name.
   * @returns The keys, by account and age.
   */
  async list(account?: string): Promise<ApiKey[]> {
    const uses = new Map(await this.#parts.uses.entries());
    const ids = new Map((await this.#parts.accounts.list()).map(({ name, id }) => [name, id]));
    return (await this.#parts.keys.list())
      .filter((record) =>
        ids.get(record.account) === record.accountId &&
        (account === undefined || record.account === account)
      )
      .sort(byAccountAndAge)
      .map((record) => keyOf(record, uses.get(record.id)?.atMs));
  }

  /**
   * Gives a key a new secret; the old one works on for a while, so that nothing stops.
   *
   * @param id The key's id.
   * @param options How long the old secret works on, in milliseconds; 24 hours by default.
   * @returns The new text.
   * @throws {DariError} `not_found`, or `failed_precondition` when the key was revoked.
   */
  async rotate(
    id: string,
    options: { overlapMs?: number } = {},
  ): Promise<{ text: string; key: ApiKey }> {
    const { overlapMs = limits.keyOverlapMs } = options;
    const { text, secret } = createApiKeyText(this.#parts.random, id);
    const kept = { plain: keep(secret, false), signing: keep(secret, true) };
    const oldEndsAtMs = this.#parts.clock.now() + overlapMs;
    const key = await this.#change(id, (record) => {
      if (!record.active) {
        throw new DariError("failed_precondition", `API key "${id}" was revoked; create another`);
      }
      // Of the old ones only the newest works on: a second rotation ends the first one's overlap.
      const old = record.secrets.slice(0, 1).map((each) => ({
        ...each,
        endsAtMs: Math.min(each.endsAtMs ?? Infinity, oldEndsAtMs),
      }));
      return { ...record, secrets: [record.signs ? kept.signing : kept.plain, ...old] };
    });
    return { text, key };
  }

  /**
   * Ends a key.
   *
   * @param id The key's id.
   * @throws {DariError} `not_found`.
   */
  async revoke(id: string): Promise<void> {
    await this.#change(id, (record) => ({ ...record, active: false, secrets: [] }));
  }

  async #change(
    id: string,
    change: (record: ApiKeyRecord) => ApiKeyRecord,
  ): Promise<ApiKey> {
    const missing = new DariError("not_found", `There is no API key "${id}"`);
    if (!/^[0-9a-f]{12}$/.test(id)) throw missing;
    const after = await this.#parts.keys.update(
      id,
      (record) => record === null ? null : change(record),
    );
    if (after === null) throw missing;
    return keyOf(after);
  }
}

/**
 * What signs and checks requests: not the secret itself, so that neither stands for the other.
 *
 * @param secret A key's secret.
 * @returns The HMAC key.
 */
export function signingKeyOf(secret: string): Bytes {
  return hmacSha256(utf8(secret), "dari/1 signed requests");
}

function keep(secret: string, signs: boolean): ApiKeySecret {
  const hash = encodeHex(sha256(secret));
  return signs ? { hash, signingKey: encodeHex(signingKeyOf(secret)) } : { hash };
}

function keyOf(record: ApiKeyRecord, lastUsedAtMs?: number): ApiKey {
  const { secrets: _secrets, accountId: _accountId, ...visible } = record;
  return { ...visible, ...(lastUsedAtMs === undefined ? {} : { lastUsedAtMs }) };
}
