/**
 * Every rule of a scan, how bad it is where it is broken, and what mends it.
 *
 * @module
 */

import type { Rule } from "../../finding/finding.ts";

/** The rules by name. */
export const scanRules = {
  "version-sslv3": {
    severity: "high",
    title: "SSLv3 is offered",
    help: "SSL 3.0 is broken (RFC 7568). Switch it off.",
  },
  "version-old": {
    severity: "medium",
    title: "TLSv1.0 or TLSv1.1 is offered",
    help: "RFC 8996 forbids both. Let the server take TLSv1.2 and TLSv1.3 only.",
  },
  "version-no-tls13": {
    severity: "low",
    title: "TLSv1.3 is not offered",
    help: "Switch TLSv1.3 on: it hides certificates and has no weak suites.",
  },
  "suite-null": {
    severity: "critical",
    title: "A suite without encryption is offered",
    help: "Remove the suites with NULL.",
  },
  "suite-anonymous": {
    severity: "critical",
    title: "A suite without a server certificate is offered",
    help: "Remove the anonymous suites: anybody between client and server can read along.",
  },
  "suite-export": {
    severity: "critical",
    title: "An export suite is offered",
    help: "Remove the export suites: their keys have 40 or 56 bits.",
  },
  "suite-broken": {
    severity: "high",
    title: "A suite with RC4, RC2, DES or IDEA is offered",
    help: "Remove them (RFC 7465, RFC 8429).",
  },
  "suite-3des": {
    severity: "medium",
    title: "A suite with 3DES is offered",
    help: "Remove it: its blocks of 64 bits give long sessions away (SWEET32).",
  },
  "suite-no-forward-secrecy": {
    severity: "medium",
    title: "A suite without forward secrecy is offered",
    help: "Take ECDHE only: whoever steals the key later reads what was recorded before.",
  },
  "suite-cbc": {
    severity: "low",
    title: "A suite with CBC is offered",
    help: "Take suites with GCM or ChaCha20-Poly1305.",
  },
  "suite-client-order": {
    severity: "info",
    title: "The client's order of suites counts",
    help: "That is right where every suite is strong; else let the server's order count.",
  },
  "group-weak": {
    severity: "high",
    title: "A weak curve is offered",
    help: "Remove curves of less than 224 bits.",
  },
  "prime-weak": {
    severity: "high",
    title: "The prime of Diffie-Hellman is too short",
    help: "Use a prime of 2048 bits or more, or ECDHE only (Logjam).",
  },
  "signature-weak": {
    severity: "medium",
    title: "The server signs SHA-1 or MD5",
    help: "Remove these signature schemes (RFC 9155).",
  },
  "compression": {
    severity: "high",
    title: "TLS compression is offered",
    help: "Switch it off: it gives secrets away (CRIME).",
  },
  "renegotiation": {
    severity: "high",
    title: "Renegotiation is not bound to the connection",
    help: "Update the TLS library (RFC 5746).",
  },
  "extended-master-secret": {
    severity: "low",
    title: "The extended master secret is missing",
    help: "Update the TLS library (RFC 7627).",
  },
  "fallback": {
    severity: "low",
    title: "A lowered version is not noticed",
    help: "Update the TLS library (RFC 7507), or offer one version only.",
  },
  "key-not-proven": {
    severity: "critical",
    title: "The server does not have the key of its certificate",
    help:
      "Its signature is wrong: another certificate's key is in use, or somebody stands between.",
  },
  "certificate-unreadable": {
    severity: "high",
    title: "The certificate cannot be read",
    help: "Issue another one; strict clients refuse this one.",
  },
  "certificate-name": {
    severity: "high",
    title: "The certificate is not made out to the server's name",
    help: "Issue one with the name among its subjectAltName.",
  },
  "certificate-expired": {
    severity: "high",
    title: "The certificate has expired",
    help: "Renew it.",
  },
  "certificate-not-yet-valid": {
    severity: "high",
    title: "The certificate is not valid yet",
    help: "Check the clocks of the server and of its authority.",
  },
  "certificate-expires-soon": {
    severity: "medium",
    title: "The certificate expires soon",
    help: "Renew it.",
  },
  "certificate-weak-key": {
    severity: "high",
    title: "The certificate's key is weak",
    help: "Make a key of ECDSA P-256, Ed25519, or RSA with 2048 bits or more.",
  },
  "certificate-unknown-key": {
    severity: "low",
    title: "The certificate's key is of an uncommon kind",
    help: "Many clients do not read such keys. Use ECDSA P-256 or RSA.",
  },
  "certificate-weak-signature": {
    severity: "high",
    title: "The certificate is signed with a weak digest",
    help: "Issue it again with SHA-256.",
  },
  "certificate-untrusted": {
    severity: "high",
    title: "The certificate does not come from a trusted authority",
    help: "Send the certificates between as well, or name the authority with --ca.",
  },
  "certificate-profile": {
    severity: "medium",
    title: "The certificate breaks RFC 5280",
    help: "Issue another one; strict clients refuse this one.",
  },
  "client-certificate-not-enforced": {
    severity: "medium",
    title: "A client certificate is asked for and not enforced",
    help: "Where certificates are meant to keep others out, refuse clients without one.",
  },
  "client-certificate-differs": {
    severity: "high",
    title: "Only some versions enforce client certificates",
    help: "Make every version refuse clients without a certificate.",
  },
  "client-certificate-refused": {
    severity: "medium",
    title: "The client certificate of this scan is refused",
    help: "Check that the server trusts its authority and that it is in date.",
  },
  "resumption-without-certificate": {
    severity: "critical",
    title: "A resumed session gets past the client certificate",
    help: "Refuse resumption on this listener, or give it ticket keys of its own.",
  },
  "resumption-keeps-certificate": {
    severity: "low",
    title: "A session goes on without showing its certificate again",
    help: "A certificate that was revoked or has expired counts until its session ends. " +
      "Refuse resumption, or look at the certificate again.",
  },
  "protocol-violation": {
    severity: "medium",
    title: "The server breaks the protocol",
    help: "Update the TLS library.",
  },
  "incomplete": {
    severity: "info",
    title: "Not everything was looked at",
    help: "Scan again with a longer --timeout.",
  },
} as const satisfies Readonly<Record<string, Rule>>;

/** The name of a rule. */
export type ScanRule = keyof typeof scanRules;
