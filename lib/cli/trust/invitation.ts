/**
 * An invitation as one line of text: the server, the fingerprint of its authority, and the secret.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import type { HostAddress } from "../../transport/address.ts";
import { formatAddress, parseAddress } from "../../transport/scheme/parse.ts";
import { fingerprint as fingerprintType } from "./fingerprint.ts";

/** An invitation. */
export interface Invitation {
  /** The server. */
  readonly server: HostAddress;
  /** SHA-256 of its authority's public key, in hexadecimal. */
  readonly fingerprint: string;
  /** What is changed for a credential. */
  readonly secret: string;
  /** The port of the listener that asks for the client certificate which is got here. */
  readonly mutualPort?: number | undefined;
  /** Whether it is for a machine that joins a cluster. */
  readonly isToJoin?: boolean | undefined;
}

/**
 * Writes an invitation.
 *
 * @param invitation The invitation.
 * @returns A line that {@linkcode parseInvitation} reads.
 */
export function formatInvitation(invitation: Invitation): string {
  const { server, fingerprint, secret, mutualPort, isToJoin = false } = invitation;
  const mutual = mutualPort === undefined ? "" : `?mutual=${mutualPort}`;
  return `${formatAddress(server)}${isToJoin ? "?join" : mutual}#${fingerprint}.${secret}`;
}

/**
 * Reads an invitation.
 *
 * @param text The line that `dari invite` printed.
 * @throws {DariError} `usage` when it is none; the error shows nothing of it.
 */
export function parseInvitation(text: string): Invitation {
  const [, where = "", mutual, join, hash = "", secret = ""] =
    /^(tls:\/\/[^?#\s]+)(?:\?mutual=(\d{1,5})|\?(join))?#([0-9a-f]{64})\.([\w-]{22})$/
      .exec(text.trim()) ?? [];
  const fingerprint = fingerprintType.parse(hash);
  if (where === "" || fingerprint === undefined) throw malformed();
  const server = parseAddress(where);
  if (server.kind !== "tls") throw malformed();
  const plain = { server, fingerprint, secret };
  if (join !== undefined) return { ...plain, isToJoin: true };
  return mutual === undefined ? plain : { ...plain, mutualPort: Number(mutual) };
}

function malformed(): DariError {
  return new DariError(
    "usage",
    "This is not an invitation: paste the whole line that dari invite printed, from tls:// on",
  );
}
