/**
 * The server that runs: its files, its versions of TLS, and what a scan of its port finds.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import type { Finding } from "../../finding/finding.ts";
import { scanRules } from "../../scan/report/rules.ts";
import { broken, type Check } from "../patient/check.ts";
import type { ServerFact } from "../patient/patient.ts";

const rules = {
  ...scanRules,
  "descriptors-few": {
    severity: "medium",
    title: "The server may open fewer files than its connections need",
    help: "Raise the limit before it starts: ulimit -n, or LimitNOFILE= of its unit.",
  },
  "port-silent": {
    severity: "high",
    title: "The server's port does not answer",
    help: "Look at the server's log; clients with TLS do not reach it either.",
  },
  "tls12-allowed": {
    severity: "info",
    title: "TLS 1.2 is allowed",
    help: "Where every client knows TLS 1.3: dari serve --tls-min 1.3",
  },
} as const;

/** The server that runs. */
export const server: Check<keyof typeof rules> = {
  subject: "running server",
  rules,
  look: ({ server }) => {
    if (server === undefined) return { unlooked: "no server uses the data directory now" };
    const found = [...descriptorFaults(server), ...tlsFaults(server)];
    const { scan } = server;
    if (scan === undefined) return found;
    if ("unknown" in scan) return [...found, broken(rules, "port-silent", `${scan.unknown}.`)];
    const { address, findings } = scan.value;
    return [
      ...found,
      ...findings.map((one) => ({ ...one, message: `${address}: ${one.message}` })),
    ];
  },
};

function descriptorFaults({ maxConnections, maxOpenFiles }: ServerFact): Finding[] {
  if (maxConnections === undefined || maxOpenFiles === undefined) return [];
  const needed = maxConnections + limits.reservedDescriptors;
  if (maxOpenFiles >= needed) return [];
  const message = `The server may have ${maxOpenFiles} files open; ${maxConnections} connections ` +
    `need ${needed}, so it takes fewer.`;
  return [broken(rules, "descriptors-few", message, `ulimit -n ${needed}, then start it again`)];
}

function tlsFaults({ tlsMin, addresses }: ServerFact): Finding[] {
  const hasTls = addresses.some((address) => /^(?:tls|https):/.test(address));
  if (tlsMin !== "1.2" || !hasTls) return [];
  return [broken(rules, "tls12-allowed", "The server takes TLS 1.2 beside TLS 1.3.")];
}
