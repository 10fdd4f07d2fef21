/**
 * What a handshake that the runtime's TLS refused means, and what to do: the runtime names the cause
 * alone, in the words of its own library.
 *
 * @module
 */

import { reasonOf } from "../../base/file/reason.ts";

/** The first row whose words are in the runtime's reason counts. */
const meanings: readonly (readonly [runtime: RegExp, meaning: string])[] = [
  [
    /UnknownIssuer/,
    "its certificate comes from an authority that is not trusted here; pass the server's ca.crt " +
    "(--ca FILE), or trust it (dari trust)",
  ],
  [
    /NotValidForName|not valid for name/,
    "its certificate is for other names; connect by one of them or issue one that has this name",
  ],
  [/expired/i, "its certificate has expired; renew it"],
  [
    /NotValidYet|not valid yet/,
    "its certificate is not valid yet; compare the clocks of both machines",
  ],
  [
    /InvalidPurpose|extended key usage/,
    "its certificate is not for a server: its extended key usage says otherwise; issue one for a server",
  ],
  [
    /UnsupportedCriticalExtension/,
    "its certificate, or an authority above it, has a critical extension that is unknown here",
  ],
  [
    /NameConstraintViolation/,
    "its certificate has a name that an authority above it may not certify",
  ],
  [/PathLenConstraintViolated/, "there are more authorities above its certificate than one allows"],
  [/EndEntityUsedAsCa/, "its certificate was signed with that of no authority"],
  [/CaUsedAsEndEntity/, "its certificate is an authority's; issue one for the server"],
  [/BadSignature/, "the signature of its certificate, or of an authority above it, is wrong"],
  [/InvalidContentType|corrupt/, "the program that listens there does not speak TLS"],
];

/**
 * Says what a failed handshake means.
 *
 * @param cause What `Deno.startTls` or its handshake threw.
 * @returns One line; the runtime's own words where it is nothing known.
 */
export function handshakeReason(cause: unknown): string {
  const reason = reasonOf(cause);
  return meanings.find(([runtime]) => runtime.test(reason))?.[1] ?? reason;
}
