/**
 * Whether certificates and keys are strong, in date, and fit each other.
 *
 * @module
 */

import type { Finding } from "../../finding/finding.ts";
import type { CertificateRule } from "../../scan/report/certificates.ts";
import { broken, type Check } from "../patient/check.ts";
import type { CertificateFact } from "../patient/patient.ts";

const BY_SERVER = "dari serve renews the server's certificate where it has the authority's key.";

const rules = {
  "certificate-invalid": {
    severity: "high",
    title: "A certificate cannot be used",
    help: BY_SERVER,
  },
  "certificate-not-yet-valid": {
    severity: "high",
    title: "A certificate is not valid yet",
    help: "Look at the clock of this machine first: timedatectl",
  },
  "certificate-weak": {
    severity: "high",
    title: "A certificate is weak",
    help: "Issue another one.",
  },
  "certificate-expires-soon": {
    severity: "medium",
    title: "A certificate expires soon",
    help: BY_SERVER,
  },
  "issued-expires-soon": {
    severity: "low",
    title: "A certificate that was issued expires soon",
    help: "dari cert renew --all",
  },
  "key-unusable": {
    severity: "high",
    title: "A key does not fit or cannot be read",
    help: `Remove the server's two files; ${BY_SERVER}`,
  },
} as const;

type Rules = keyof typeof rules;

/** What a fault of a certificate breaks; a name is a matter of the server's listeners. */
const ruleOf: Readonly<Record<CertificateRule, Rules | undefined>> = {
  "certificate-unreadable": "certificate-invalid",
  "certificate-name": undefined,
  "certificate-expired": "certificate-invalid",
  "certificate-not-yet-valid": "certificate-not-yet-valid",
  "certificate-expires-soon": "certificate-expires-soon",
  "certificate-weak-key": "certificate-weak",
  "certificate-weak-signature": "certificate-weak",
  "certificate-untrusted": "certificate-invalid",
  "certificate-profile": "certificate-weak",
  "certificate-unknown-key": "certificate-weak",
};

/** Certificates and keys. */
export const certificates: Check<Rules> = {
  subject: "certificates",
  rules,
  look: ({ certificates, keyFault }) => [
    ...certificates.flatMap(faultsOf),
    ...keyFault === undefined ? [] : [broken(rules, "key-unusable", `${keyFault}.`)],
  ],
};

function faultsOf({ place, role, faults }: CertificateFact): Finding[] {
  return faults.flatMap(({ rule, message }) => {
    const own = ruleOf[rule];
    if (own === undefined) return [];
    const text = `${place}: ${message}.`;
    if (role === "issued") return [broken(rules, "issued-expires-soon", text)];
    if (role === "server") return [broken(rules, own, text)];
    // Another authority does not set a clock right.
    const isEarly = own === "certificate-not-yet-valid";
    const finding = broken(rules, own, text, isEarly ? undefined : "dari cert rotate --apply");
    // Whatever the authority has issued begins and ends with it.
    const severity = isEarly || own === "certificate-invalid" ? "critical" : finding.severity;
    return [{ ...finding, severity }];
  });
}
