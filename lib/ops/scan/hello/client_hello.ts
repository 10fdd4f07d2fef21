/**
 * ClientHellos, made by hand: a library would not offer what nobody should use.
 *
 * @see RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2
 * @module
 */

import { type Bytes, join, u16, u16List, u32, vector16, vector24, vector8 } from "../wire/bytes.ts";

/** A share of a key agreement. */
export interface KeyShare {
  /** The group. */
  readonly group: number;
  /** The public key. */
  readonly key: Bytes;
}

/** A session to go on with in TLS 1.3. */
export interface OfferedSession {
  /** The ticket. */
  readonly ticket: Bytes;
  /** The ticket's age with the number that hides it added. */
  readonly obscuredAge: number;
  /** The length of the binder, which proves that the client knows the session's secret. */
  readonly binderBytes: number;
}

/** What a ClientHello offers. */
export interface Offer {
  /** The version, and no other. */
  readonly version: number;
  /** 32 octets that nobody can foresee. */
  readonly random: Bytes;
  /** Cipher suites in the order of preference. */
  readonly suites: readonly number[];
  /** Groups in the order of preference. */
  readonly groups: readonly number[];
  /** Signature schemes in the order of preference. */
  readonly schemes: readonly number[];
  /** The name of the server that is meant; none for an IP address. */
  readonly serverName?: string | undefined;
  /** Protocols of the application. */
  readonly protocols?: readonly string[];
  /** Shares, for TLS 1.3; without one the server has to name the group that it wants. */
  readonly shares?: readonly KeyShare[];
  /** Repeated from a HelloRetryRequest. */
  readonly cookie?: Bytes | undefined;
  /** A session to go on with, for TLS 1.3. */
  readonly session?: OfferedSession | undefined;
  /** The ticket of a session to go on with, for TLS 1.2; empty to ask for one. */
  readonly ticket?: Bytes | undefined;
  /** The session's ID. */
  readonly sessionId?: Bytes;
  /** Whether compression is offered (RFC 3749). */
  readonly compression?: boolean;
}

/** The types of extensions. */
export const extension = {
  serverName: 0,
  groups: 10,
  pointFormats: 11,
  schemes: 13,
  protocols: 16,
  extendedMasterSecret: 23,
  ticket: 35,
  preSharedKey: 41,
  versions: 43,
  cookie: 44,
  keyExchangeModes: 45,
  keyShare: 51,
  renegotiation: 0xff01,
} as const;

/** The type of a ClientHello among the messages of the handshake. */
const CLIENT_HELLO = 1;

const TLS_1_2 = 0x0303;
const TLS_1_3 = 0x0304;

/**
 * Writes a ClientHello. A binder is written as zeros, at its very end.
 *
 * @param offer What it offers.
 * @returns The message with its header.
 */
export function encodeClientHello(offer: Offer): Bytes {
  const extensions = extensionsOf(offer);
  const body = join(
    u16(Math.min(offer.version, TLS_1_2)),
    offer.random,
    vector8(offer.sessionId ?? new Uint8Array(0)),
    vector16(u16List(offer.suites)),
    offer.compression ? Uint8Array.of(2, 1, 0) : Uint8Array.of(1, 0),
    extensions.length === 0 ? new Uint8Array(0) : vector16(...extensions),
  );
  return join(CLIENT_HELLO, vector24(body));
}

function extensionsOf(offer: Offer): Bytes[] {
  const { version, serverName, protocols = [], shares = [], cookie, session, ticket } = offer;
  // Servers of SSL 3.0 know no extensions.
  if (version < 0x0301) return [];
  const list: Bytes[] = [];
  const add = (type: number, body: Bytes) => list.push(join(u16(type), vector16(body)));
  if (serverName !== undefined) {
    const name = new TextEncoder().encode(serverName);
    add(extension.serverName, vector16(0, vector16(name)));
  }
  if (offer.groups.length > 0) add(extension.groups, vector16(u16List(offer.groups)));
  if (offer.schemes.length > 0) add(extension.schemes, vector16(u16List(offer.schemes)));
  if (protocols.length > 0) {
    const names = protocols.map((name) => vector8(new TextEncoder().encode(name)));
    add(extension.protocols, vector16(...names));
  }
  if (version < TLS_1_3) {
    add(extension.pointFormats, vector8(0));
    add(extension.extendedMasterSecret, new Uint8Array(0));
    add(extension.renegotiation, vector8());
    if (ticket !== undefined) add(extension.ticket, ticket);
    return list;
  }
  add(extension.versions, vector8(u16(version)));
  add(extension.keyExchangeModes, vector8(1)); // psk_dhe_ke
  const entries = shares.map(({ group, key }) => join(u16(group), vector16(key)));
  add(extension.keyShare, vector16(...entries));
  if (cookie !== undefined) add(extension.cookie, vector16(cookie));
  if (session !== undefined) add(extension.preSharedKey, preSharedKey(session)); // RFC 8446: the last
  return list;
}

function preSharedKey({ ticket, obscuredAge, binderBytes }: OfferedSession): Bytes {
  const identities = vector16(vector16(ticket), u32(obscuredAge));
  return join(identities, vector16(vector8(new Uint8Array(binderBytes))));
}
