/**
 * The versions of the protocol.
 *
 * @module
 */

/** A version that is scanned for, as reports name it. */
export type VersionName = "SSLv3" | "TLSv1.0" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";

/** The version's number on the wire (RFC 8446 section 4.2.1). */
export const versionNumber: Readonly<Record<VersionName, number>> = {
  "SSLv3": 0x0300,
  "TLSv1.0": 0x0301,
  "TLSv1.1": 0x0302,
  "TLSv1.2": 0x0303,
  "TLSv1.3": 0x0304,
};

/** The versions from the oldest to the newest. */
export const versionNames = Object.keys(versionNumber) as readonly VersionName[];
