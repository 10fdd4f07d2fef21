/**
 * The principals in use, and the changes of the store that end them.
 *
 * @module
 */

import { parseRecord } from "../../store/collection.ts";
import type { Change, Store, Watch } from "../../store/store.ts";
import type { AccountRecord } from "../account/account.ts";
import type { CertificateRecord } from "../account/account_certificates.ts";
import type { ApiKeyRecord } from "../credential/api_key_record.ts";
import { LivePrincipal } from "../credential/live_principal.ts";
import type { SessionRecord } from "../credential/session_record.ts";
import type { Principal } from "../policy/principal.ts";

/**
 * The principals in use. They are held weakly: a principal lives while a connection or a cache holds
 * it. Made by `openIdentity`, and disposed of with the identity.
 */
export class LivePrincipals implements Disposable {
  /** Principals by each key of the store on which they depend; an entry ends with its principals. */
  readonly #live = new Map<string, Set<WeakRef<LivePrincipal>>>();
  /** Added by {@linkcode onRevoked}; each ends with its subscription. */
  readonly #listeners = new Set<(principal: Principal) => void>();
  /** Begun in the constructor, ended by disposing. */
  readonly #watches: readonly Watch[];
  /** Removes the entries of a principal that nobody holds any more. */
  readonly #gone = new FinalizationRegistry<{ key: string; reference: WeakRef<LivePrincipal> }>(
    ({ key, reference }) => this.#drop(key, reference),
  );
  /** Grows with each change that may end a principal, so that a reader can compare before and after. */
  generation = 0;

  /**
   * Begins to watch a store.
   *
   * @param store The store; closing it stays with the caller.
   */
  constructor(store: Store) {
    this.#watches = [
      store.watch("account/", (change) => this.#onAccount(change)),
      store.watch("session/", (change) => this.#onSession(change)),
      store.watch("key/", (change) => this.#onKey(change)),
      store.watch("certificate/", (change) => this.#onCertificate(change)),
    ];
  }

  /**
   * Puts a principal in use: from now on changes of the store end it.
   *
   * @param principal The principal.
   */
  add(principal: LivePrincipal): void {
    const { key = "", accountKey = "" } = LivePrincipal.originOf(principal);
    const reference = new WeakRef(principal);
    for (const each of [`account/${accountKey}`, key]) {
      const references = this.#live.get(each) ?? new Set();
      this.#live.set(each, references.add(reference));
      this.#gone.register(principal, { key: each, reference });
    }
  }

  /**
   * Subscribes to principals that end before their time.
   *
   * @param listener Called with each; an error that it throws is reported and harms no other.
   * @returns A function that ends the subscription.
   */
  onRevoked(listener: (principal: Principal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Ends a principal, and tells the listeners.
   *
   * @param principal The principal.
   */
  revoke(principal: LivePrincipal): void {
    const validity = LivePrincipal.validityOf(principal);
    if (validity === undefined || validity.revoked) return;
    validity.revoked = true;
    for (const listener of this.#listeners) {
      try {
        listener(principal);
      } catch (error) {
        // A listener that fails must not keep the connections of others open.
        reportError(error);
      }
    }
  }

  /**
   * Ends the principals that depend on keys, and has those that are being made be read again.
   *
   * @param keys The keys, as their origin names them.
   */
  revokeAllOf(keys: readonly string[]): void {
    this.generation++;
    for (const key of keys) this.#each(key, (principal) => this.revoke(principal));
  }

  /** Forgets what the policy allowed, since it has changed. */
  forgetDecisions(): void {
    for (const key of this.#live.keys()) {
      this.#each(key, (principal) => LivePrincipal.validityOf(principal)?.allowed.clear());
    }
  }

  /** Ends at once those whose end the store knows of by now, or is too cut off to know of. */
  look(): void {
    for (const watch of this.#watches) watch.look();
  }

  /** Ends the watches. */
  [Symbol.dispose](): void {
    for (const watch of this.#watches) watch[Symbol.dispose]();
    this.#listeners.clear();
  }

  #onAccount(change: Change): void {
    this.generation++;
    if (change.kind === "reset") return this.#revokeAll();
    const { key, record } = read<AccountRecord>(change);
    this.#each(key, (principal) => {
      if (record === null || !stillStands(principal, record)) this.revoke(principal);
    });
  }

  #onSession(change: Change): void {
    if (change.kind === "reset") return;
    const { key, record } = read<SessionRecord>(change);
    // A session that is made or used ends no principal, so readers need not read again.
    if (record === null) this.generation++;
    this.#each(key, (principal) => {
      const validity = LivePrincipal.validityOf(principal);
      if (record === null) this.revoke(principal);
      // A use that another process wrote down.
      else if (validity !== undefined && validity.idleUntilMs < record.idleUntilMs) {
        validity.idleUntilMs = record.idleUntilMs;
      }
    });
  }

  #onKey(change: Change): void {
    this.generation++;
    if (change.kind === "reset") return;
    const { key, record } = read<ApiKeyRecord>(change);
    this.#each(key, (principal) => {
      const { detail } = LivePrincipal.originOf(principal);
      const secret = record?.secrets.find(({ hash }) => hash === detail);
      const validity = LivePrincipal.validityOf(principal);
      if (record?.active !== true || secret === undefined) this.revoke(principal);
      else if (validity !== undefined) {
        validity.endsAtMs = Math.min(secret.endsAtMs ?? Infinity, record.expiresAtMs ?? Infinity);
        validity.dueAtMs = 0;
      }
    });
  }

  #onCertificate(change: Change): void {
    this.generation++;
    if (change.kind === "reset") return;
    const { key, record } = read<CertificateRecord>(change);
    this.#each(key, (principal) => {
      // From now on the certificate stands for another account, or for the first time for one.
      const { account } = LivePrincipal.originOf(principal);
      if (account === undefined || account.id !== record?.accountId) this.revoke(principal);
    });
  }

  #revokeAll(): void {
    for (const key of [...this.#live.keys()]) {
      this.#each(key, (principal) => {
        if (principal.kind !== "local") this.revoke(principal);
      });
    }
  }

  #each(key: string, visit: (principal: LivePrincipal) => void): void {
    for (const reference of [...this.#live.get(key) ?? []]) {
      const principal = reference.deref();
      if (principal !== undefined) visit(principal);
    }
  }

  #drop(key: string, reference: WeakRef<LivePrincipal>): void {
    const references = this.#live.get(key);
    references?.delete(reference);
    if (references?.size === 0) this.#live.delete(key);
  }
}

/** The key that changed, and its record; `null` where it was removed. */
function read<T extends object>(
  change: Exclude<Change, { kind: "reset" }>,
): { key: string; record: T | null } {
  if (change.kind === "delete") return { key: change.key, record: null };
  return { key: change.entry.key, record: parseRecord<T>(change.entry) };
}

/** Whether a principal still has what its account gives it. */
function stillStands(principal: LivePrincipal, account: AccountRecord): boolean {
  const { account: before, detail } = LivePrincipal.originOf(principal);
  if (before === undefined || !account.active || account.id !== before.id) return false;
  if (principal.kind === "session") return account.epoch === before.epoch;
  if (principal.kind === "certificate" && !account.certificates.includes(detail ?? "")) {
    return false;
  }
  return principal.roles.length === account.roles.length &&
    principal.roles.every((role) => account.roles.includes(role));
}
