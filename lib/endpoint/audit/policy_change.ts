/**
 * What changed between two policies, by name. Of the last one there may be no more than what the audit
 * has of it: a digest of each part.
 *
 * @module
 */

import { encodeBase64Url } from "@std/encoding/base64url";
import type { Policy } from "../../auth/policy/policy.ts";
import { limits } from "../../base/limits.ts";
import type { AuditRecord } from "../../ops/audit/record.ts";
import { leafHash } from "../../ops/audit/tree.ts";

/** The digests of a policy. */
export interface PolicyDigests {
  /** That of all of it. */
  readonly digest: string;
  /** Those of its parts by name, `role:user` and `limits`; nothing where the audit has not all. */
  readonly parts: ReadonlyMap<string, string> | undefined;
}

const ROLE = "role:";
/** Enough of the digest of a part to tell it from another one. */
const PART_LETTERS = 16;

/**
 * The digests of a policy.
 *
 * @param policy The policy.
 */
export function digestsOf(policy: Policy): PolicyDigests {
  const { roles = {}, ...members } = policy;
  const part = (name: string, value: unknown) =>
    [name, digestOf(value).slice(0, PART_LETTERS)] as const;
  return {
    digest: digestOf(policy),
    parts: new Map([
      ...Object.entries(roles).map(([name, role]) => part(ROLE + name, role)),
      ...Object.entries(members).map(([name, member]) => part(name, member)),
    ]),
  };
}

/**
 * The digests that a record has.
 *
 * @param data What the record of a policy has beside its names.
 */
export function digestsIn(data: AuditRecord["data"]): PolicyDigests {
  const { digest, parts } = data ?? {};
  const pairs = Array.isArray(parts) ? parts.map((part) => part.split("=")) : undefined;
  return {
    digest: String(digest),
    parts: pairs && new Map(pairs.map(([name = "", digest = ""]) => [name, digest])),
  };
}

/**
 * What a record says of a change.
 *
 * @param before The policy that was.
 * @param now The policy that is.
 * @returns The names of roles that were added, changed and removed, and of other parts that differ, where
 * they are known; and the digests, with which the next policy is compared.
 */
export function policyChange(before: PolicyDigests, now: PolicyDigests) {
  const { digest, parts = new Map<string, string>() } = now;
  const kept = [...parts].map((pair) => pair.join("="));
  // A list that is cut does not name all.
  const fits = kept.length <= limits.maxAuditListItems && !kept.some((each) => !isKept(each));
  return { ...namesOf(before.parts, parts), digest, ...(fits && { parts: kept }) };
}

function namesOf(
  before: ReadonlyMap<string, string> | undefined,
  now: ReadonlyMap<string, string>,
) {
  if (before === undefined) return {};
  const differ = [...new Set([...before.keys(), ...now.keys()])]
    .filter((name) => before.get(name) !== now.get(name));
  const roles = differ.filter((name) => name.startsWith(ROLE));
  const named = (names: readonly string[]) => names.map((name) => name.slice(ROLE.length));
  return {
    roles: named(roles),
    added: named(roles.filter((name) => !before.has(name))),
    removed: named(roles.filter((name) => !now.has(name))),
    members: differ.filter((name) => !name.startsWith(ROLE)),
  };
}

/** Whether the audit keeps it whole, and it can be read again. */
function isKept(part: string): boolean {
  return part.length <= limits.maxAuditTextBytes / 3 && part.split("=").length === 2;
}

/** The same for values that say the same: the order of members does not matter. */
function digestOf(value: unknown): string {
  return encodeBase64Url(leafHash(JSON.stringify(sorted(value))));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, member]) => [name, sorted(member)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => a < b ? -1 : 1));
}
