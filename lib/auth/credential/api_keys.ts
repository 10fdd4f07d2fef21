/**
 * API keys: credentials for programs. A key belongs to an account, and may be narrowed to scopes.
 *
 * @module
 */

import { decodeHex } from "@std/encoding/hex";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Collection } from "../../store/collection.ts";
import type { PutOperation } from "../../store/store.ts";
import { byAccountAndAge } from "../account/account.ts";
import type { Accounts } from "../account/accounts.ts";
import { InactiveAccountError } from "../account/errors.ts";
import { checkText } from "../account/names.ts";
import { checkScopes } from "../policy/patterns.ts";
import { createApiKeyText, parseApiKey } from "../proof/api_key.ts";
import { type RandomBytes, secretsEqual, sha256 } from "../proof/bytes.ts";
import { AuthenticationError } from "../proof/errors.ts";
import {
  type ApiKey,
  apiKeyOf,
  type ApiKeyRecord,
  type ApiKeySecret,
  type FoundApiKey,
  type NewApiKey,
  secretRecord,
} from "./api_key_record.ts";

/** What API keys need. Nothing of it has an end but the store, which its opener closes. */
export interface ApiKeysParts {
  /** The keys in the store, under their ids. */
  readonly records: Collection<ApiKeyRecord>;
  /** In the store: when keys were used last. */
  readonly uses: Collection<{ atMs: number }>;
  /** The accounts that keys belong to. */
  readonly accounts: Accounts;
  /** The time. */
  readonly clock: Clock;
  /** Where random bytes come from. */
  readonly random: RandomBytes;
}

/**
 * The API keys of a store.
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
 * const { text } = await identity.keys.create({ account: "alice", name: "web", scopes: ["add"] });
 * const principal = await identity.gate.authenticate(text, "add", [1, 2]);
 * assertEquals([principal.name, principal.scopes], ["alice", ["add"]]);
 * ```
 */
export class ApiKeys {
  readonly #parts: ApiKeysParts;

  /**
   * Puts the keys together; `openIdentity` does that.
   *
   * @param parts What the keys need.
   */
  constructor(parts: ApiKeysParts) {
    this.#parts = parts;
  }

  /**
   * Makes a key. Its text is returned here and never again: the store has only its hash.
   *
   * @param key Account, name, scopes and expiry.
   * @returns The text and the key.
   * @throws {DariError} `not_found` when there is no such account; `invalid_params` when the name, a
   * scope or the expiry may not be used.
   */
  async create(key: NewApiKey): Promise<{ text: string; key: ApiKey }> {
    const { scopes, expiresAtMs, signs = false } = key;
    if (scopes !== undefined) checkScopes(scopes);
    const now = this.#parts.clock.now();
    if (expiresAtMs !== undefined && !(expiresAtMs > now)) {
      throw new DariError(
        "invalid_params",
        "The key would have ended already; give a later time",
      );
    }
    const account = await this.#parts.accounts.find(key.account);
    if (account === null) {
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
      secrets: [await secretRecord(secret, signs)],
    };
    await this.#parts.records.put(id, record, { ifVersion: 0 });
    return { text, key: apiKeyOf(record, now) };
  }

  /**
   * Finds a key by its text.
   *
   * @param text What a client sent.
   * @returns The key and its account.
   * @throws {AuthenticationError} When there is none, it has ended, or its account was removed.
   * @throws {InactiveAccountError} When the account is disabled.
   */
  async find(text: string): Promise<FoundApiKey> {
    const { id, secret } = parseApiKey(text);
    const hash = sha256(secret);
    return await this.findById(id, (each) => secretsEqual(decodeHex(each.hash), hash));
  }

  /**
   * Finds a key by its id and one of its secrets.
   *
   * @param id The id.
   * @param matches Says whether a valid secret of the key is the one that was used.
   * @returns The key and its account.
   * @throws {AuthenticationError} When there is none, it has ended, or its account was removed.
   * @throws {InactiveAccountError} When the account is disabled.
   */
  async findById(
    id: string,
    matches: (secret: ApiKeySecret) => boolean | Promise<boolean>,
  ): Promise<FoundApiKey> {
    const record = (await this.#parts.records.get(id))?.record;
    const now = this.#parts.clock.now();
    let secret: ApiKeySecret | undefined;
    for (const each of record?.secrets ?? []) {
      if ((each.endsAtMs ?? Infinity) > now && await matches(each)) secret = each;
    }
    if (
      record === undefined || secret === undefined || !record.active ||
      (record.expiresAtMs ?? Infinity) <= now
    ) throw new AuthenticationError("There is no such API key, or it has ended");
    const account = await this.#parts.accounts.find(record.account);
    if (account?.id !== record.accountId) {
      throw new AuthenticationError("The API key's account was removed");
    }
    if (!account.active) throw new InactiveAccountError("The account is disabled");
    return { record, secret, account };
  }

  /**
   * Prepares to write down that a key was used, together with others.
   *
   * @param id The key's id.
   * @returns The operation for a batch.
   */
  touching(id: string): PutOperation {
    return this.#parts.uses.putting(id, { atMs: this.#parts.clock.now() });
  }

  /**
   * Lists the keys of all accounts, revoked ones included.
   *
   * @param account Only keys of this account, by its folded name.
   * @returns The keys, by account and age.
   */
  async list(account?: string): Promise<ApiKey[]> {
    const now = this.#parts.clock.now();
    const uses = new Map(await this.#parts.uses.entries());
    const ids = new Map((await this.#parts.accounts.records()).map(({ name, id }) => [name, id]));
    return (await this.#parts.records.list())
      .filter((record) =>
        ids.get(record.account) === record.accountId &&
        (account === undefined || record.account === account)
      )
      .sort(byAccountAndAge)
      .map((record) => apiKeyOf(record, now, uses.get(record.id)?.atMs));
  }

  /**
   * Gives a key a new secret. The old one works for a while longer, so that programs can change over.
   *
   * @param id The key's id.
   * @param options How long the old secret still works, in milliseconds; 24 hours by default.
   * @returns The new text and the key.
   * @throws {DariError} `not_found` when there is no such key; `failed_precondition` when it was
   * revoked.
   */
  async rotate(
    id: string,
    options: { overlapMs?: number } = {},
  ): Promise<{ text: string; key: ApiKey }> {
    const { overlapMs = limits.keyOverlapMs } = options;
    const { text, secret } = createApiKeyText(this.#parts.random, id);
    const stored = {
      plain: await secretRecord(secret, false),
      signing: await secretRecord(secret, true),
    };
    const oldEndsAtMs = this.#parts.clock.now() + overlapMs;
    const key = await this.#change(id, (record) => {
      if (!record.active) {
        throw new DariError("failed_precondition", `API key "${id}" was revoked; create another`);
      }
      // Of the old secrets only the newest goes on: a second rotation ends the first one's overlap.
      const old = record.secrets.slice(0, 1).map((each) => ({
        ...each,
        endsAtMs: Math.min(each.endsAtMs ?? Infinity, oldEndsAtMs),
      }));
      return { ...record, secrets: [record.signs ? stored.signing : stored.plain, ...old] };
    });
    return { text, key };
  }

  /**
   * Ends a key.
   *
   * @param id The key's id.
   * @throws {DariError} `not_found` when there is no such key.
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
    const after = await this.#parts.records.update(
      id,
      (record) => record === null ? null : change(record),
    );
    if (after === null) throw missing;
    return apiKeyOf(after, this.#parts.clock.now());
  }
}
