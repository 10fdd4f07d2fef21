/**
 * The errors of accounts that may not sign in although they exist.
 *
 * @module
 */

import { AuthenticationError } from "../proof/errors.ts";

/**
 * The account is locked after too many failures; `retryAfterMs` says for how long.
 *
 * @example
 * ```ts
 * import { AccountLockedError, openIdentity } from "@dari/dari/auth";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertRejects } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * using identity = await openIdentity(store, {
 *   passwords: { iterations: 1_000 },
 *   lockout: { failures: 1 },
 * });
 * await identity.accounts.add({ name: "alice", password: "correct horse battery" });
 * await assertRejects(() => identity.verify("alice", "a wrong guess"));
 * await assertRejects(() => identity.verify("alice", "correct horse battery"), AccountLockedError);
 * ```
 */
export class AccountLockedError extends AuthenticationError {}

/**
 * The account is disabled.
 *
 * @example
 * ```ts
 * import { InactiveAccountError, openIdentity } from "@dari/dari/auth";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assertRejects } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * using identity = await openIdentity(store, { passwords: { iterations: 1_000 } });
 * await identity.accounts.add({ name: "alice", password: "correct horse battery" });
 * await identity.accounts.disable("alice");
 * await assertRejects(
 *   () => identity.verify("alice", "correct horse battery"),
 *   InactiveAccountError,
 * );
 * ```
 */
export class InactiveAccountError extends AuthenticationError {}
