/**
 * What becomes of an entry of a backup that was changed since: it gets no right and no credential that
 * both states do not have. What came after the backup is not brought back, and what ended after it
 * stays at its end.
 *
 * @module
 */

import type { AccountRecord } from "../../auth/account/account.ts";
import type { ApiKeyRecord, ApiKeySecret } from "../../auth/credential/api_key_record.ts";
import type { KeptChange } from "../../store/record/record_line.ts";
import type { Entry, Operation } from "../../store/store.ts";

/** Makes the text that both states allow; `null` where that is nothing. */
type Restrict = (backedUp: string, newest: string) => string | null;

/** By the beginning of keys. Of other entries the newest counts, whatever it says. */
const restrictions: Readonly<Record<string, Restrict>> = {
  "account/": (backedUp, newest) => onObjects(restrictAccount, backedUp, newest),
  "key/": (backedUp, newest) => onObjects(restrictKey, backedUp, newest),
  // They were not taken back, or there would be no newest text.
  "session/": (backedUp) => backedUp,
  "invitation/": (backedUp) => backedUp,
};

/** What came after the backup and gives something; it is not brought back. */
const GIVING = Object.keys(restrictions);

/**
 * Says what a restored store has to change.
 *
 * @param backedUp The entry in the backup; `null` where it has none.
 * @param change The newest change that the record has of it.
 * @returns The step; `null` where nothing changes.
 */
export function restrict(backedUp: Entry | null, change: KeptChange): Operation | null {
  const { key, value: newest, expiresAtMs = backedUp?.expiresAtMs } = change;
  if (newest === null) {
    return backedUp === null ? null : { kind: "delete", key, survivesRestore: true };
  }
  const prefix = GIVING.find((start) => key.startsWith(start));
  if (prefix !== undefined && backedUp === null) return null;
  const value = prefix === undefined ? newest : restrictions[prefix]!(backedUp!.value, newest);
  if (value === null) return { kind: "delete", key, survivesRestore: true };
  if (value === backedUp?.value) return null;
  const expiry = expiresAtMs === undefined ? {} : { expiresAtMs };
  return { kind: "put", key, value, ...expiry, survivesRestore: true };
}

function onObjects<T>(
  work: (backedUp: T, newest: T) => T | null,
  backedUp: string,
  newest: string,
): string | null {
  const result = work(JSON.parse(backedUp), JSON.parse(newest));
  return result === null ? null : JSON.stringify(result);
}

/** An account that was removed and made again is another one. */
function restrictAccount(backedUp: AccountRecord, newest: AccountRecord): AccountRecord | null {
  if (backedUp.id !== newest.id) return null;
  const { password, ...rest } = backedUp;
  // A change of rights or password gives a new epoch; without one, the same password was only hashed
  // again. A password that was changed must not come back, nor must that which somebody else set.
  const isSamePassword = password?.phc === newest.password?.phc || backedUp.epoch === newest.epoch;
  const keyIds = new Set(newest.publicKeys.map(({ id }) => id));
  return {
    ...rest,
    active: backedUp.active && newest.active,
    epoch: newest.epoch,
    roles: backedUp.roles.filter((role) => newest.roles.includes(role)),
    publicKeys: backedUp.publicKeys.filter(({ id }) => keyIds.has(id)),
    certificates: backedUp.certificates.filter((each) => newest.certificates.includes(each)),
    ...(password !== undefined && isSamePassword ? { password } : {}),
  };
}

function restrictKey(backedUp: ApiKeyRecord, newest: ApiKeyRecord): ApiKeyRecord | null {
  if (backedUp.accountId !== newest.accountId) return null;
  const secrets = backedUp.secrets.flatMap((secret): ApiKeySecret[] => {
    const now = newest.secrets.find(({ hash }) => hash === secret.hash);
    if (now === undefined) return [];
    const endsAtMs = Math.min(secret.endsAtMs ?? Infinity, now.endsAtMs ?? Infinity);
    return [{ ...secret, ...(endsAtMs === Infinity ? {} : { endsAtMs }) }];
  });
  return { ...backedUp, active: backedUp.active && newest.active, secrets };
}

/**
 * Says how an entry ends where nobody knows what was taken back after the backup.
 *
 * @param entry An entry of the backup.
 * @returns The step; `null` for an entry that signs nobody in by itself.
 */
export function disable(entry: Entry): Operation | null {
  const { key, expiresAtMs } = entry;
  if (key.startsWith("session/") || key.startsWith("invitation/")) {
    return { kind: "delete", key, survivesRestore: true };
  }
  const changed = key.startsWith("key/")
    ? { ...JSON.parse(entry.value), active: false, secrets: [] }
    : key.startsWith("account/")
    ? { ...JSON.parse(entry.value), publicKeys: [] }
    : undefined;
  if (changed === undefined) return null;
  const value = JSON.stringify(changed);
  const expiry = expiresAtMs === undefined ? {} : { expiresAtMs };
  return { kind: "put", key, value, ...expiry, survivesRestore: true };
}
