/**
 * What a word names: an account, an API key, a session, one certificate, or all certificates of
 * a host.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { LedgerEntry } from "../../cert/ledger/event.ts";
import type { RevocationParts } from "./parts.ts";

/** The kinds of things that can be revoked. */
const targetKinds = ["user", "key", "session", "serial", "host"] as const;

/** The kind of a thing that can be revoked. */
export type TargetKind = typeof targetKinds[number];

/** A thing that can be revoked. */
export interface Target {
  /** Its kind. */
  readonly kind: TargetKind;
  /** The account's folded name, the id, the serial number, or the name in the certificates. */
  readonly name: string;
}

/** Forms that logs and `dari tap` print, and what they mean here. */
const ALSO: Readonly<Record<string, TargetKind>> = { apiKey: "key", certificate: "host" };

const PREFIXED = new RegExp(`^(${[...targetKinds, ...Object.keys(ALSO)].join("|")}):(.+)$`, "su");

/**
 * Writes a target as it can be typed.
 *
 * @param target The target.
 * @returns For instance `user:alice`.
 */
export function formatTarget({ kind, name }: Target): string {
  return `${kind}:${name}`;
}

/**
 * Finds what a word names.
 *
 * @param parts Accounts, keys, sessions and certificates.
 * @param who The word, with or without a kind before it: `alice`, `user:alice`.
 * @returns The target.
 * @throws {DariError} `not_found` where it names nothing, `usage` where it names several things; the
 * message lists them.
 */
export async function findTarget(
  parts: Pick<RevocationParts, "accounts" | "certificates" | "keys" | "sessions" | "ledger">,
  who: string,
): Promise<Target> {
  const [, prefix, rest] = PREFIXED.exec(who) ?? [];
  const kind = prefix === undefined ? undefined : ALSO[prefix] ?? prefix as TargetKind;
  const name = rest ?? who;
  const entries = await parts.ledger.entries();
  const asked = kind === undefined ? targetKinds : [kind];
  const found: Target[] = [];
  for (const each of asked) {
    const target = await finders[each](parts, name, entries);
    if (target !== undefined) found.push({ kind: each, name: target });
  }
  const [only, ...others] = await withoutOwned(parts, found);
  if (only === undefined) throw nobody(kind, name);
  if (others.length === 0) return only;
  const choices = [only, ...others].map(formatTarget).join(" or ");
  throw new DariError("usage", `"${who}" is ambiguous; write ${choices}`);
}

/** Each gives the name under which the thing is kept, where there is one. */
const finders: Readonly<
  Record<
    TargetKind,
    (
      parts: Pick<RevocationParts, "accounts" | "keys" | "sessions">,
      name: string,
      entries: readonly LedgerEntry[],
    ) => Promise<string | undefined> | string | undefined
  >
> = {
  async user({ accounts }, name) {
    try {
      return (await accounts.get(name)).name;
    } catch (error) {
      if (error instanceof DariError && NO_ACCOUNT.has(error.code)) return undefined;
      throw error;
    }
  },
  key: async ({ keys }, name) => (await keys.list()).find(({ id }) => id === name)?.id,
  session: async ({ sessions }, name) => (await sessions.list()).find(({ id }) => id === name)?.id,
  serial: (_, name, entries) => entries.find(({ serial }) => serial === plainSerial(name))?.serial,
  host: (_, name, entries) =>
    entries.some((entry) => isLeaf(entry) && namesOf(entry).includes(name)) ? name : undefined,
};

/** What there is for a name that is no account's, or that none can have. */
const NO_ACCOUNT: ReadonlySet<string> = new Set(["not_found", "invalid_params"]);

/** Revoking an account revokes its certificates, so that it and its host are no choice. */
async function withoutOwned(
  { certificates }: Pick<RevocationParts, "certificates">,
  found: readonly Target[],
): Promise<readonly Target[]> {
  const user = found.find(({ kind }) => kind === "user");
  const host = found.find(({ kind }) => kind === "host");
  if (user === undefined || host === undefined) return found;
  const owner = await certificates.owner(host.name);
  return owner?.name === user.name ? found.filter((each) => each !== host) : found;
}

function nobody(kind: TargetKind | undefined, name: string): DariError {
  const what = {
    user: `There is no account "${name}"`,
    key: `There is no API key "${name}"`,
    session: `There is no session "${name}", or it has ended`,
    serial: `The ledger has no certificate with serial "${name}"`,
    host: `The ledger has no certificate with the name "${name}"`,
    all: `Nothing is called "${name}": no account, API key, session, serial number or host`,
  };
  return new DariError("not_found", what[kind ?? "all"]);
}

/**
 * The names by which a certificate's holder can be meant: all of its SAN, and its common name.
 *
 * @param entry The certificate.
 */
export function namesOf({ names, subject }: LedgerEntry): readonly string[] {
  const commonName = commonNameOf(subject);
  return commonName === undefined ? names : [...names, commonName];
}

/**
 * The name by which a server knows the holder of a certificate: the first URI, else the first DNS
 * name, else the common name.
 *
 * @param entry The certificate.
 */
export function identityOf({ names, subject }: LedgerEntry): string | undefined {
  const uri = names.find((name) => name.startsWith("uri:") || name.includes("://"));
  return uri?.replace(/^uri:/, "") ?? names.find(isDnsName) ?? commonNameOf(subject);
}

/** The ledger keeps names as they are typed: an address has a colon or digits alone, an e-mail an @. */
function isDnsName(name: string): boolean {
  return !/[@:]|^[\d.]+$/.test(name);
}

/**
 * Whether a certificate can be revoked: an authority's own is replaced instead.
 *
 * @param entry The certificate.
 */
export function isLeaf({ purposes }: LedgerEntry): boolean {
  return !purposes.includes("authority");
}

/** The form in which the ledger keeps serial numbers. */
function plainSerial(text: string): string {
  return text.replaceAll(":", "").toLowerCase().replace(/^0+(?=.)/, "");
}

function commonNameOf(subject: string): string | undefined {
  return /(?:^|, )CN=((?:[^,\\]|\\.)+)/.exec(subject)?.[1]?.replace(/\\(.)/g, "$1");
}
