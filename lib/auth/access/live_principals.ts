/**
 * Every principal in use, and the changes of the store that end some of them.
 *
 * @module
 */

import type { Change, Store } from "../../store/store.ts";
import type { AccountRecord } from "../account/account.ts";
import type { CertificateRecord } from "../account/account_certificates.ts";
import type { ApiKeyRecord } from "../credential/api_keys.ts";
import { parseRecord } from "../../store/collection.ts";
import { LivePrincipal } from "../credential/live_principal.ts";
import type { Principal } from "../policy/principal.ts";
import type { SessionRecord } from "../credential/sessions.ts";

/** Principals in use. They are held weakly: who still uses one keeps it. */
export class LivePrincipals implements Disposable {
  readonly #live = new Map<string, Set<WeakRef<LivePrincipal>>>();
  readonly #listeners = new Set<(principal: Principal) => void>();
  readonly #watches: Disposable[];
  readonly #gone = new FinalizationRegistry<{ key: string; reference: WeakRef<LivePrincipal> }>(
    ({ key, reference }) => this.#drop(key, reference),
  );
  /** Grows with each change that may end a principal: a reader compares before and after. */
  generation = 0;

  /**
   * Begins to watch.
   *
   * @param store The store whose changes count.
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
   * Keeps an eye on a principal from now on.
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
   * Hears of principals that end before their time.
   *
   * @param listener Called with each.
   * @returns Ends the subscription.
   */
  onRevoked(listener: (principal: Principal) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Ends a principal.
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
        // One listener's mistake must not keep another connection open.
        reportError(error);
      }
    }
  }

  /** Ends the watches. */
  [Symbol.dispose](): void {
    for (const watch of this.#watches) watch[Symbol.dispose]();
    this.#listeners.clear();
    this.#live.clear();
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
    // A session that is made or used ends nobody, and a reader need not read again.
    if (record === null) this.generation++;
    this.#each(key, (principal) => {
      const validity = LivePrincipal.validityOf(principal);
      if (record === null) this.revoke(principal);
      // Another process may have seen a later use.
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
      // From now on it stands for somebody else, or for somebody at all.
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

/** What a change is about; no record where it was removed. */
function read<T extends object>(
  change: Exclude<Change, { kind: "reset" }>,
): { key: string; record: T | null } {
  if (change.kind === "delete") return { key: change.key, record: null };
  return { key: change.entry.key, record: parseRecord<T>(change.entry) };
}

/** Whether a principal is still what its account says it is. */
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
