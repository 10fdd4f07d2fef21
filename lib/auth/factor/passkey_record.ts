/**
 * What is stored of a passkey.
 *
 * @see {@link https://www.w3.org/TR/webauthn-3/ | Web Authentication}
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { limits } from "../../base/limits.ts";
import { sha256 } from "../proof/bytes.ts";

/** A web page's host, as a browser and its authenticator see it. */
export interface Site {
  /** For instance `https://dari.example:9443`. */
  readonly origin: string;
  /** The name that passkeys belong to: the host without its port. */
  readonly rpId: string;
  /** What binds a ceremony to the browser that began it: a cookie, or its session. */
  readonly binding: string;
}

/** A passkey. Nothing of it is secret. */
export interface PasskeyRecord {
  /** Its id, by which it is removed. */
  readonly id: string;
  /** Its id as the authenticator knows it, base64url. */
  readonly credentialId: string;
  /** How its owner calls it. */
  readonly name: string;
  /** Its public key in COSE form, base64url. */
  readonly publicKey: string;
  /** The authenticator's count of uses; it never goes back, and stays 0 where none is kept. */
  readonly counter: number;
  /** How the authenticator is reached: `internal`, `usb`. */
  readonly transports: readonly string[];
  /** The name that it belongs to: it signs in at no other. */
  readonly rpId: string;
  /** When it was added, in milliseconds since the epoch. */
  readonly createdAtMs: number;
  /** When it signed in last. */
  readonly lastUsedAtMs?: number;
}

/** Says whose a passkey is. */
export interface PasskeyOwner {
  /** The account's folded name. */
  readonly account: string;
  /** The account's id. Where the account has another, it was removed and made anew since. */
  readonly accountId: string;
}

/**
 * The id under which the owner of a passkey is stored.
 *
 * @param credentialId Its id as the authenticator knows it.
 * @returns Its SHA-256 in hexadecimal.
 */
export function passkeyKey(credentialId: string): string {
  return encodeHex(sha256(credentialId));
}

/**
 * The id by which a person names a passkey.
 *
 * @param credentialId Its id as the authenticator knows it.
 * @returns The beginning of its hash.
 */
export function passkeyId(credentialId: string): string {
  return passkeyKey(credentialId).slice(0, 2 * limits.factorIdBytes);
}

/**
 * How a session says that a passkey opened it.
 *
 * @param id The passkey's id.
 */
export function passkeyCredential(id: string): string {
  return `passkey:${id}`;
}
