/**
 * From what was observed to what is reported.
 *
 * @module
 */

import type { Finding } from "../../finding/finding.ts";
import { nameOfGroup } from "../names/groups.ts";
import { nameOfScheme } from "../names/signatures.ts";
import { suiteOf, weaknessOf } from "../names/suites.ts";
import type { ClientAuthFound } from "../probe/client_auth.ts";
import type { VersionFound } from "../probe/versions.ts";
import type { Observed } from "./findings.ts";
import type { ClientAuthReport, ScanReport, VersionReport } from "./scan_report.ts";

/**
 * Makes the report.
 *
 * @param server The server.
 * @param observed What was observed.
 * @param findings What is wrong.
 * @param frame When the scan began and what it has spent.
 */
export function reportOf(
  server: { readonly address: string; readonly connectedTo: string; readonly name: string },
  observed: Observed,
  findings: readonly Finding[],
  frame: Pick<ScanReport, "at" | "spent">,
): ScanReport {
  const { versions, parameters, noticesFallback, certificates, clientAuth } = observed;
  const { groups13, curves12, primeBits, compresses } = parameters;
  const { renegotiatesSafely, extendsMasterSecret } = parameters;
  return {
    server: server.address,
    connectedTo: server.connectedTo,
    name: server.name,
    at: frame.at,
    isComplete: observed.isComplete,
    versions: versions.map(describeVersion),
    groups: {
      "TLSv1.3": groups13.map(nameOfGroup),
      "TLSv1.2": curves12.map(nameOfGroup),
    },
    ...(primeBits !== undefined && { primeBits }),
    negotiated: clientAuth.flatMap(describeNegotiated),
    certificates,
    clientCertificates: clientAuth.map(describeClientAuth),
    ...(compresses !== undefined && { compresses }),
    ...(renegotiatesSafely !== undefined && { renegotiatesSafely }),
    ...(extendsMasterSecret !== undefined && { extendsMasterSecret }),
    ...(noticesFallback !== undefined && { noticesFallback }),
    findings,
    spent: frame.spent,
  };
}

function describeVersion(found: VersionFound): VersionReport {
  const { version, outcome, reason, suites, order } = found;
  return {
    version,
    outcome,
    ...(reason !== undefined && { reason }),
    suites: suites.map((code) => {
      const weakness = weaknessOf(code)?.severity;
      return { name: suiteOf(code).name, ...(weakness !== undefined && { weakness }) };
    }),
    ...(order !== undefined && { order }),
  };
}

function describeNegotiated({ version, bare }: ClientAuthFound): ScanReport["negotiated"] {
  if (bare.kind === "ended") return [];
  const { suite, group, protocol, scheme } = bare.found;
  return [{
    version,
    suite: suiteOf(suite).name,
    group: group === undefined ? "" : nameOfGroup(group),
    protocol: protocol ?? "",
    signature: scheme === undefined ? "" : nameOfScheme(scheme),
  }];
}

function describeClientAuth(found: ClientAuthFound): ClientAuthReport {
  const { version, isAsked, isEnforced, reason, isShownTaken, resumptions } = found;
  return {
    version,
    isAsked: isAsked ?? "unknown",
    isEnforced: isEnforced ?? "unknown",
    reason,
    ...(isShownTaken !== undefined && { isShownTaken }),
    resumption: Object.fromEntries(resumptions.map(({ source, outcome }) => [source, outcome])),
  };
}
