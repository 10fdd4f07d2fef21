/**
 * Invitations: a secret that is given to somebody once, and that a program changes for a credential of
 * its own, so that no lasting secret is carried from machine to machine.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import type { Clock } from "../../base/clock.ts";
import { DariError } from "../../base/errors.ts";
import { HOUR_MS } from "../../base/limits/units.ts";
import { limits } from "../../base/limits.ts";
import type { Collection } from "../../store/collection.ts";
import type { Accounts } from "../account/accounts.ts";
import { type RandomBytes, randomText, sha256 } from "../proof/bytes.ts";
import { AuthenticationError } from "../proof/errors.ts";
import type { ApiKeys } from "./api_keys.ts";

/** What a certificate is for. */
export type InvitedPurpose = "server" | "client";

/** An invitation that is to be made. */
export interface NewInvitation {
  /** An account, or the name of a certificate. */
  readonly name: string;
  /**
   * What the certificate is for; with none the invitation is for an API key of the account.
   *
   * @default {[]}
   */
  readonly purposes?: readonly InvitedPurpose[];
  /**
   * How long it can be accepted, in milliseconds.
   *
   * @default {15 minutes}
   */
  readonly lifeMs?: number;
  /** The cluster that the machine joins; the invitation is then for a certificate. */
  readonly cluster?: InvitedCluster;
}

/** A cluster that a machine is invited to join. */
export interface InvitedCluster {
  /** The service of NATS that its servers offer, as an address. */
  readonly address: string;
  /** What the certificate is for beside the name of the invitation. */
  readonly names: readonly string[];
}

/** What a machine gets that joins a cluster. */
export interface ClusterSecrets {
  /** The key of the records that the servers share. */
  readonly recordKey: string;
  /** The authorities that they trust, PEM. */
  readonly authorities: string;
}

/** An invitation in the store, under the hash of its secret. */
export interface InvitationRecord {
  /** The account, or the name of the certificate. */
  readonly name: string;
  /** The account's id: an account that was removed takes its invitations with it. */
  readonly accountId?: string;
  /** What the certificate is for; none for an API key. */
  readonly purposes: readonly InvitedPurpose[];
  /** The cluster that the machine joins. */
  readonly cluster?: InvitedCluster;
  /** When it ends, in milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** An invitation that can still be accepted, without its secret. */
export interface Invitation extends Pick<InvitationRecord, "name" | "purposes" | "expiresAtMs"> {
  /** The id under which it is stored; it accepts nothing. */
  readonly id: string;
}

/** What an invitation was changed for. */
export type Accepted =
  | { readonly name: string; readonly apiKey: string }
  | {
    readonly name: string;
    readonly certificate: string;
    /** The cluster that was joined, by its address, and what its servers have. */
    readonly cluster?: ClusterSecrets & { readonly address: string };
  };

/**
 * Issues a certificate.
 *
 * @param request The certificate request, PEM; its key alone counts.
 * @param name The name that the certificate gets.
 * @param purposes What it is for.
 * @param further The names that it gets as well.
 * @returns The certificate, PEM.
 */
export type IssueCertificate = (
  request: string,
  name: string,
  purposes: readonly InvitedPurpose[],
  further: readonly string[],
) => Promise<string>;

/** What invitations need. Nothing of it has an end but the store, which its opener closes. */
export interface InvitationsParts {
  /** The invitations in the store. */
  readonly records: Collection<InvitationRecord>;
  /** The accounts. */
  readonly accounts: Pick<Accounts, "find">;
  /** The API keys. */
  readonly keys: Pick<ApiKeys, "create">;
  /** Issues certificates; absent where this program has no authority. */
  readonly issueCertificate?: IssueCertificate | undefined;
  /** Reads what a machine gets that joins the cluster; absent where there is none. */
  readonly clusterSecrets?: (() => Promise<ClusterSecrets | undefined>) | undefined;
  /** The time. */
  readonly clock: Clock;
  /** Where random bytes come from. */
  readonly random: RandomBytes;
}

/**
 * The invitations of a store.
 *
 * @example
 * ```ts
 * import { openIdentity } from "@dari/dari/auth";
 * import { createMemoryStore } from "@dari/dari/store";
 * import { assert, assertRejects } from "@std/assert";
 *
 * await using store = createMemoryStore();
 * using identity = await openIdentity(store);
 * await identity.accounts.add({ name: "alice" });
 * const { secret } = await identity.invitations.create({ name: "alice" });
 * const accepted = await identity.invitations.accept(secret, undefined);
 * assert("apiKey" in accepted);
 * await assertRejects(() => identity.invitations.accept(secret, undefined)); // it is good once
 * ```
 */
export class Invitations {
  readonly #parts: InvitationsParts;

  /**
   * Puts the invitations together; `openIdentity` does that.
   *
   * @param parts What they need.
   */
  constructor(parts: InvitationsParts) {
    this.#parts = parts;
  }

  /**
   * Makes an invitation. Its secret is returned here and never again: the store has only its hash.
   *
   * @param invitation Its recipient, an account by its folded name, and its life.
   * @returns The secret, and when it ends, in milliseconds since the epoch.
   * @throws {DariError} `not_found` when there is no such account, `invalid_params` for a life that is
   * empty or too long.
   */
  async create(invitation: NewInvitation): Promise<{ secret: string; expiresAtMs: number }> {
    const { name, purposes = [], cluster, lifeMs = limits.invitationLifeMs } = invitation;
    const { records, accounts, clock, random } = this.#parts;
    if (!(lifeMs > 0 && lifeMs <= limits.maxInvitationLifeMs)) {
      const hours = limits.maxInvitationLifeMs / HOUR_MS;
      throw new DariError(
        "invalid_params",
        `An invitation is good for at most ${hours} hours, and for more than none`,
      );
    }
    if (cluster !== undefined && purposes.length === 0) {
      throw new DariError("invalid_params", "An invitation to a cluster is for a certificate");
    }
    const account = purposes.length > 0 ? undefined : await accounts.find(name);
    if (account === null) throw new DariError("not_found", `There is no account "${name}"`);
    const secret = randomText(random, limits.invitationSecretBytes);
    const expiresAtMs = clock.now() + lifeMs;
    const record: InvitationRecord = {
      name,
      ...(account === undefined ? {} : { accountId: account.id }),
      purposes,
      ...(cluster === undefined ? {} : { cluster }),
      expiresAtMs,
    };
    await records.put(idOf(secret), record, { ifVersion: 0, expiresAtMs });
    return { secret, expiresAtMs };
  }

  /**
   * Changes an invitation for a credential. That works once: of several that try it at the same time
   * one succeeds. An invitation for which the credential could not be made stays.
   *
   * @param secret The secret.
   * @param request A certificate request, PEM, for invitations that are for a certificate.
   * @throws {AuthenticationError} When there is no such invitation, or it was accepted or has ended.
   * @throws {DariError} `invalid_params` when the request is missing or cannot be read,
   * `failed_precondition` when this program issues no certificates.
   */
  async accept(secret: string, request: string | undefined): Promise<Accepted> {
    const { records, clock } = this.#parts;
    const id = idOf(secret);
    const record = (await records.get(id))?.record;
    if (record === undefined || record.expiresAtMs <= clock.now() || !await records.delete(id)) {
      throw new AuthenticationError("There is no such invitation, or it was accepted or has ended");
    }
    try {
      return await this.#credentialFor(record, request);
    } catch (error) {
      const { expiresAtMs } = record;
      await records.put(id, record, { ifVersion: 0, expiresAtMs });
      throw error;
    }
  }

  /**
   * Lists the invitations that can still be accepted.
   *
   * @returns Them, the one that ends first at first.
   */
  async list(): Promise<Invitation[]> {
    const now = this.#parts.clock.now();
    return (await this.#parts.records.entries())
      .filter(([, { expiresAtMs }]) => expiresAtMs > now)
      .map(([id, { name, purposes, expiresAtMs }]) => ({ id, name, purposes, expiresAtMs }))
      .sort((left, right) => left.expiresAtMs - right.expiresAtMs);
  }

  /**
   * Takes an invitation back.
   *
   * @param id Its id.
   * @returns Whether it could still be accepted until now.
   */
  async remove(id: string): Promise<boolean> {
    return await this.#parts.records.delete(id);
  }

  async #credentialFor(record: InvitationRecord, request: string | undefined): Promise<Accepted> {
    const { name, accountId, purposes, cluster } = record;
    const { accounts, keys, issueCertificate } = this.#parts;
    if (purposes.length === 0) {
      const account = await accounts.find(name);
      if (account?.id !== accountId || account?.active !== true) {
        throw new AuthenticationError("The account of the invitation was removed or is disabled");
      }
      const { text } = await keys.create({ account: name, name: "invitation" });
      return { name, apiKey: text };
    }
    if (issueCertificate === undefined) {
      throw new DariError("failed_precondition", "This server issues no certificates");
    }
    if (request === undefined) {
      throw new DariError(
        "invalid_params",
        '"request" is missing; send a certificate request, PEM',
      );
    }
    if (cluster === undefined) {
      return { name, certificate: await issueCertificate(request, name, purposes, []) };
    }
    const { address, names } = cluster;
    const secrets = await this.#parts.clusterSecrets?.();
    if (secrets === undefined) {
      throw new DariError("failed_precondition", "This server has no cluster that others can join");
    }
    const certificate = await issueCertificate(request, name, purposes, names);
    return { name, certificate, cluster: { address, ...secrets } };
  }
}

function idOf(secret: string): string {
  return encodeBase64Url(sha256(secret));
}
