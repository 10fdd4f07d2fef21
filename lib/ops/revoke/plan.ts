/**
 * What a revocation would end.
 *
 * @module
 */

import type { LedgerEntry } from "../../cert/ledger/event.ts";
import type { Owner, ShownConnection } from "../live/connections.ts";
import type { RevocationParts } from "./parts.ts";
import { formatTarget, identityOf, isLeaf, namesOf, type Target } from "./target.ts";

/** Something of a target that still works. */
export type Holding =
  | { readonly kind: "account"; readonly id: string; readonly signsInBy: readonly string[] }
  | {
    readonly kind: "session";
    readonly id: string;
    readonly account: string;
    readonly address: string;
    readonly agent: string;
  }
  | { readonly kind: "key"; readonly id: string; readonly account: string; readonly name: string }
  | {
    readonly kind: "certificate";
    readonly id: string;
    readonly subject: string;
    readonly purposes: readonly string[];
    readonly notAfterMs: number;
  }
  | {
    readonly kind: "invitation";
    readonly id: string;
    readonly name: string;
    readonly expiresAtMs: number;
  };

/** What a revocation would end. */
export interface RevocationPlan {
  /** What is revoked, as it can be typed: `user:alice`. */
  readonly target: string;
  /** What still works, in the order in which it ends. */
  readonly holdings: readonly Holding[];
  /** Its open connections; `undefined` where no server could be asked. */
  readonly connections: readonly ShownConnection[] | undefined;
  /** Whose connections they are. */
  readonly owner: Owner;
}

/**
 * Finds what a target has that still works.
 *
 * @param parts Where it is found.
 * @param target The target.
 * @returns The plan; it is empty where nothing is left.
 */
export async function planRevocation(
  parts: RevocationParts,
  target: Target,
): Promise<RevocationPlan> {
  const holdings = await gatherers[target.kind](parts, target.name);
  const owner = ownerOf(target, holdings);
  const list = await parts.connections(owner);
  return { target: formatTarget(target), holdings, connections: list?.connections, owner };
}

const gatherers: Readonly<
  Record<Target["kind"], (parts: RevocationParts, name: string) => Promise<Holding[]>>
> = {
  user: holdingsOfAccount,
  key: async (parts, id) => await keysOf(parts, (key) => key.id === id),
  session: async (parts, id) => (await sessionsOf(parts)).filter((session) => session.id === id),
  serial: async (parts, serial) => {
    const entries = await parts.ledger.entries();
    const key = entries.find((entry) => entry.serial === serial)?.key;
    // A key that is no longer trusted takes all its certificates with it.
    return certificatesOf(
      parts,
      entries,
      (entry) => entry.serial === serial || (key !== undefined && entry.key === key),
    );
  },
  host: async (parts, name) => [
    ...certificatesOf(
      parts,
      await parts.ledger.entries(),
      (entry) => namesOf(entry).includes(name),
    ),
    ...await invitationsOf(parts, name, true),
  ],
};

async function holdingsOfAccount(parts: RevocationParts, name: string): Promise<Holding[]> {
  const account = await parts.accounts.get(name);
  const signsInBy = [
    ...(account.hasPassword ? ["password"] : []),
    ...(account.publicKeys.length > 0 ? ["public key"] : []),
  ];
  const entries = await parts.ledger.entries();
  return [
    // The first, since it ends all else at once.
    ...(account.active ? [{ kind: "account", id: name, signsInBy } as const] : []),
    ...await sessionsOf(parts, name),
    ...await keysOf(parts, (key) => key.account === name),
    ...certificatesOf(parts, entries, (entry) => {
      const identity = identityOf(entry);
      return entry.purposes.includes("client") && identity !== undefined &&
        account.certificates.includes(identity);
    }),
    ...await invitationsOf(parts, name, false),
  ];
}

async function sessionsOf({ sessions }: RevocationParts, name?: string): Promise<Holding[]> {
  return (await sessions.list(name)).map(({ id, account, address, agent }) => ({
    kind: "session",
    ...{ id, account, address, agent },
  }));
}

async function keysOf(
  { keys, clock }: RevocationParts,
  isMeant: (key: { readonly id: string; readonly account: string }) => boolean,
): Promise<Holding[]> {
  const now = clock.now();
  return (await keys.list())
    .filter((key) => isMeant(key) && key.active && (key.expiresAtMs ?? Infinity) > now)
    .map(({ id, account, name }) => ({ kind: "key", id, account, name }));
}

function certificatesOf(
  { clock }: RevocationParts,
  entries: readonly LedgerEntry[],
  isMeant: (entry: LedgerEntry) => boolean,
): Holding[] {
  const now = clock.now();
  return entries
    .filter((entry) =>
      isMeant(entry) && isLeaf(entry) && entry.revoked === undefined && entry.notAfterMs > now
    )
    .map(({ serial, subject, purposes, notAfterMs }) => ({
      kind: "certificate",
      ...{ id: serial, subject, purposes, notAfterMs },
    }));
}

async function invitationsOf(
  { invitations }: RevocationParts,
  invited: string,
  isForCertificate: boolean,
): Promise<Holding[]> {
  return (await invitations.list())
    .filter(({ name, purposes }) => name === invited && purposes.length > 0 === isForCertificate)
    .map(({ id, name, expiresAtMs }) => ({ kind: "invitation", id, name, expiresAtMs }));
}

function ownerOf({ kind, name }: Target, holdings: readonly Holding[]): Owner {
  const serials = holdings.filter((each) => each.kind === "certificate").map(({ id }) => id);
  switch (kind) {
    case "user":
      return { names: [name], serials };
    case "key":
      return { credentials: [`apiKey:${name}`] };
    case "session":
      return { credentials: [`session:${name}`] };
    case "serial":
      return { serials: [...new Set([name, ...serials])] };
    case "host":
      return { serials };
    default:
      return kind satisfies never;
  }
}
