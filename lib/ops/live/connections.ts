/**
 * The open connections of a server and their running calls, as administrators read them.
 *
 * @module
 */

import type { CredentialKind, Principal } from "../../auth/policy/principal.ts";
import { limits } from "../../base/limits.ts";
import type { ServedConnection } from "../../rpc/served_connection.ts";
import type { CallRecord } from "../../rpc/observer.ts";

/** A principal, without what only the server needs. */
export interface ShownPrincipal {
  /** The principal's name. */
  readonly name: string;
  /** The kind of its credential. */
  readonly kind: CredentialKind;
  /** The id of its credential, for instance `apiKey:5f0c11d2a9be`. */
  readonly credential: string;
  /** On whose behalf it calls, where it does. */
  readonly chain?: readonly string[];
}

/** A call that runs. */
export interface ShownCall {
  /** Its method. */
  readonly method: string;
  /** The caller; `null` where nobody signed in. */
  readonly principal: ShownPrincipal | null;
  /** When it arrived, in milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** Whether it streams. */
  readonly stream: boolean;
  /** The bytes of the items that it has sent. */
  readonly bytesOut: number;
}

/** A connection that is open, or an HTTP request that is at work. */
export interface ShownConnection {
  /** Names it, as the log does. */
  readonly id: string;
  /** The kind of connection. */
  readonly transport: string;
  /** The address of the other end. */
  readonly address: string;
  /** The principal that signed it in; `null` where none did. */
  readonly principal: ShownPrincipal | null;
  /** Whether its bytes travel through shared memory; absent where they do not. */
  readonly sharesMemory?: true;
  /** The serial number of its client certificate, where it has one. */
  readonly serial?: string;
  /** When it began, in milliseconds since the epoch. */
  readonly openedAtMs: number;
  /** Its running calls. */
  readonly calls: readonly ShownCall[];
}

/** Whose connections and calls are meant. Several members mean any of them. */
export interface Owner {
  /** Names of principals; those on whose behalf others call are meant as well. */
  readonly names?: readonly string[];
  /** Ids of credentials. */
  readonly credentials?: readonly string[];
  /** Serial numbers of client certificates. */
  readonly serials?: readonly string[];
}

/** A list of connections, which may not be whole. */
export interface ConnectionList {
  /** The connections, the oldest first. */
  readonly connections: readonly ShownConnection[];
  /** How many more there are. */
  readonly more: number;
}

/**
 * Lists connections.
 *
 * @param open The connections of a server.
 * @param owner Whose; without it all of them. A connection of somebody else is listed with those of
 * its calls that the owner makes.
 * @param maxListed The most that are listed.
 * @returns The oldest of them, and how many more there are.
 */
export function listConnections(
  open: readonly ServedConnection[],
  owner?: Owner,
  maxListed: number = limits.maxListedConnections,
): ConnectionList {
  const found = open.map(owner === undefined ? shown : (each) => shownTo(each, owner))
    .filter((each) => each !== undefined)
    .sort((left, right) => left.openedAtMs - right.openedAtMs);
  const connections = found.slice(0, maxListed);
  return { connections, more: found.length - connections.length };
}

/**
 * What administrators see of a principal.
 *
 * @param principal The principal.
 */
export function showPrincipal(principal: Principal | null): ShownPrincipal | null {
  if (principal === null) return null;
  const { name, kind, credentialId: credential, chain } = principal;
  return { name, kind, credential, ...(chain === undefined ? {} : { chain }) };
}

function shown(connection: ServedConnection): ShownConnection {
  const { id, peer, principal, openedAtMs, calls } = connection;
  const serial = peer.certificate?.serial;
  return {
    id,
    transport: peer.transport,
    address: peer.address,
    principal: showPrincipal(principal),
    ...(peer.sharesMemory ? { sharesMemory: true } : {}),
    ...(serial === undefined ? {} : { serial }),
    openedAtMs,
    calls: calls.slice(0, limits.maxListedCalls).map(shownCall),
  };
}

function shownTo(connection: ServedConnection, owner: Owner): ShownConnection | undefined {
  const { principal, peer } = connection;
  if (isOf(principal, peer.certificate?.serial, owner)) return shown(connection);
  const calls = connection.calls.filter((call) => isOf(call.principal, undefined, owner));
  return calls.length === 0 ? undefined : { ...shown(connection), calls: calls.map(shownCall) };
}

function shownCall(call: CallRecord): ShownCall {
  const { method, principal, startedAtMs, isStream: stream, bytesOut } = call;
  return { method, principal: showPrincipal(principal), startedAtMs, stream, bytesOut };
}

function isOf(
  principal: Principal | null,
  serial: string | undefined,
  { names = [], credentials = [], serials = [] }: Owner,
): boolean {
  if (serial !== undefined && serials.includes(serial)) return true;
  if (principal === null) return false;
  const { name, credentialId, chain = [] } = principal;
  return names.includes(name) || chain.some((each) => names.includes(each)) ||
    credentials.includes(credentialId);
}
