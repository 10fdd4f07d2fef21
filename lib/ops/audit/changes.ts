/**
 * What a change of the store means: accounts, keys, sessions, locks, invitations and certificates are
 * audited where they are written, so no part of the program can forget to.
 *
 * @module
 */

import { decodeBase64Url } from "@std/encoding/base64url";
import type { AccountRecord } from "../../auth/account/account.ts";
import type { ApiKeyRecord } from "../../auth/credential/api_key_record.ts";
import type { FactorRecord } from "../../auth/factor/factor_record.ts";
import type { InvitationRecord } from "../../auth/credential/invitations.ts";
import type { SessionRecord } from "../../auth/credential/session_record.ts";
import type { LedgerEvent } from "../../cert/ledger/event.ts";
import { limits } from "../../base/limits.ts";
import type { WrittenBatch } from "../../store/store.ts";
import type { AuditEvent } from "./audit.ts";

/** The part of a lock's record that is read here. */
interface LockRecord {
  readonly lock?: string;
  readonly failures: number;
  readonly lockedUntilMs?: number;
}

/** A record of the store before and after; `null` where there is none. */
interface Change<T> {
  /** The key behind its prefix. */
  readonly id: string;
  readonly old: T | null;
  readonly now: T | null;
}

type Reader = (change: Change<never>, batch: WrittenBatch) => AuditEvent[];

/** Kinds of entries by the prefix of their keys. Others say nothing that an audit asks about. */
const READERS = new Map<string, Reader>([
  ["account/", accountEvents as Reader],
  ["key/", keyEvents as Reader],
  ["session/", sessionEvents as Reader],
  ["lockout/", lockEvents as Reader],
  ["factor/", factorEvents as Reader],
  ["invitation/", invitationEvents as Reader],
  ["ledger/event/", ledgerEvents as Reader],
]);

/**
 * Says what a batch means.
 *
 * @param batch The batch, which is not written yet.
 * @returns What is to be recorded; without names of who did it, except where it is plain.
 */
export function eventsOf(batch: WrittenBatch): AuditEvent[] {
  return batch.operations.flatMap((operation) => {
    const { key } = operation;
    const prefix = prefixOf(key);
    const reader = READERS.get(prefix);
    if (reader === undefined) return [];
    const old = batch.before(key)?.value;
    const now = operation.kind === "put" ? operation.value : undefined;
    if (old === now) return [];
    const change = { id: key.slice(prefix.length), old: parsed(old), now: parsed(now) };
    return reader(change as Change<never>, batch);
  });
}

function accountEvents({ id, old, now }: Change<AccountRecord>): AuditEvent[] {
  const about = now?.name ?? old?.name ?? nameOf(id);
  if (now === null) return old === null ? [] : [{ kind: "account.removed", about }];
  if (old === null || old.id !== now.id) {
    return [{ kind: "account.added", about, data: { roles: now.roles } }];
  }
  const events = [
    ...listEvents("roles", old.roles, now.roles, ["granted", "role-removed"]),
    ...listEvents("certificates", old.certificates, now.certificates, [
      "certificate-added",
      "certificate-removed",
    ]),
    ...listEvents("keys", idsOf(old), idsOf(now), ["key-added", "key-removed"]),
    ...(old.active === now.active ? [] : [{ kind: now.active ? "enabled" : "disabled" }]),
    ...(same(old.password, now.password) ? [] : [{ kind: "password-changed" }]),
  ];
  const told = new Set(["roles", "certificates", "publicKeys", "active", "password", "epoch"]);
  const others = changedMembers(old, now).filter((name) => !told.has(name));
  // Names of members alone: a value may be a secret.
  if (others.length > 0) events.push({ kind: "changed", data: { members: others } });
  if (events.length === 0) events.push({ kind: "sessions-ended" });
  return events.map((event) => ({ ...event, kind: `account.${event.kind}`, about }));
}

function keyEvents({ id, old, now }: Change<ApiKeyRecord>): AuditEvent[] {
  const record = now ?? old;
  if (record === null) return [];
  const { account, name, scopes, signs, expiresAtMs } = record;
  const about = id;
  const owner = { account, name };
  if (old === null) {
    const until = expiresAtMs === undefined ? undefined : timeText(expiresAtMs);
    return [{ kind: "key.created", about, data: { ...owner, scopes, signs, until } }];
  }
  if (now === null) return [{ kind: "key.removed", about, data: owner }];
  if (old.active && !now.active) return [{ kind: "key.revoked", about, data: owner }];
  const isRotated = !same(old.secrets, now.secrets);
  return [{ kind: isRotated ? "key.rotated" : "key.changed", about, data: owner }];
}

function sessionEvents({ id, old, now }: Change<SessionRecord>): AuditEvent[] {
  const about = id.slice(0, limits.sessionIdLength);
  if (now === null) {
    return old === null ? [] : [{ kind: "session.ended", about, data: { account: old.account } }];
  }
  if (old !== null) return []; // it was used
  const { account, address, agent, endsAtMs } = now;
  const data = { agent: agent || undefined, until: timeText(endsAtMs) };
  return [{ kind: "session.began", by: account, peer: address, about, data }];
}

function lockEvents({ id, old, now }: Change<LockRecord>, batch: WrittenBatch): AuditEvent[] {
  if (old?.lock === now?.lock) return [];
  // Anybody can have a name locked that is no account's.
  if (batch.before(`account/${id}`) === null) return [];
  const about = nameOf(id);
  if (now?.lock === undefined) return [{ kind: "account.unlocked", about }];
  const until = now.lockedUntilMs === undefined ? undefined : timeText(now.lockedUntilMs);
  return [{ kind: "account.locked", about, data: { failures: now.failures, until } }];
}

function factorEvents({ id, old, now }: Change<FactorRecord>): AuditEvent[] {
  // With the account everything of it goes, which is recorded there.
  if (now === null) return [];
  const before = old?.accountId === now.accountId ? old : null;
  const about = nameOf(id);
  const [had, has] = [factorsIn(before), factorsIn(now)];
  const changed = (kind: string, those: typeof has, others: typeof has) =>
    those.filter((each) => !others.some((other) => other.id === each.id))
      .map((data) => ({ kind, about, data }));
  const events: AuditEvent[] = [
    ...changed("factor.added", has, had),
    ...changed("factor.removed", had, has),
  ];
  const hashes = new Set(before?.recovery ?? []);
  const data = { left: now.recovery.length };
  if (now.recovery.some((hash) => !hashes.has(hash))) {
    events.push({ kind: "factor.codes-made", about, data });
  } else if (now.codes.length > 0 && now.recovery.length < hashes.size) {
    events.push({ kind: "factor.code-used", about, data });
  }
  return events;
}

function factorsIn(record: FactorRecord | null) {
  const { codes = [], passkeys = [] } = record ?? {};
  return [
    ...codes.map(({ id, name }) => ({ id, name, factor: "totp" })),
    ...passkeys.map(({ id, name }) => ({ id, name, factor: "passkey" })),
  ];
}

function invitationEvents({ old, now }: Change<InvitationRecord>): AuditEvent[] {
  if (now === null) {
    if (old === null) return [];
    const joined = old.cluster === undefined ? {} : { data: { cluster: old.cluster.address } };
    return [{ kind: "invitation.accepted", about: old.name, ...joined }];
  }
  const { purposes, cluster, expiresAtMs } = now;
  const data = { purposes, cluster: cluster?.address, until: timeText(expiresAtMs) };
  return [{ kind: "invitation.made", about: now.name, data }];
}

function ledgerEvents({ now: event }: Change<LedgerEvent>): AuditEvent[] {
  if (event === null) return [];
  switch (event.event) {
    case "issued": {
      const { serial: about, subject, names, purposes, notAfterMs, replaces } = event;
      const kind = purposes.includes("authority") ? "authority.made" : "certificate.issued";
      const until = timeText(notAfterMs);
      return [{ kind, about, data: { subject, names, purposes, until, replaces } }];
    }
    case "revoked":
      return [{ kind: "certificate.revoked", about: event.serial, data: { reason: event.reason } }];
    case "listed":
      return [{
        kind: "certificate.list-signed",
        about: event.authority,
        data: { number: event.number },
      }];
    default:
      return event satisfies never;
  }
}

function listEvents(
  name: string,
  old: readonly string[],
  now: readonly string[],
  [added, removed]: readonly [string, string],
): AuditEvent[] {
  const more = now.filter((item) => !old.includes(item));
  const less = old.filter((item) => !now.includes(item));
  return [
    ...(more.length === 0 ? [] : [{ kind: added, data: { [name]: more } }]),
    ...(less.length === 0 ? [] : [{ kind: removed, data: { [name]: less } }]),
  ];
}

function idsOf({ publicKeys }: AccountRecord): string[] {
  return publicKeys.map(({ id }) => id);
}

function changedMembers(old: object, now: object): string[] {
  const [before, after] = [old, now] as Record<string, unknown>[];
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...names].filter((name) => !same(before![name], after![name]));
}

function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Up to the last slash: no key has one in its id. */
function prefixOf(key: string): string {
  return key.slice(0, key.lastIndexOf("/") + 1);
}

function nameOf(id: string): string {
  try {
    return new TextDecoder().decode(decodeBase64Url(id));
  } catch {
    return id;
  }
}

function parsed(value: string | undefined): unknown {
  return value === undefined ? null : JSON.parse(value);
}

function timeText(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
