/**
 * The stream that the store of a cluster is in: whether the loss of one NATS server loses it.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import type { Finding } from "../../finding/finding.ts";
import { broken, type Check } from "../patient/check.ts";

const rules = {
  "cluster-few-replicas": {
    severity: "medium",
    title: "Too few NATS servers keep the cluster's store",
    help: "Make three NATS servers a cluster, and have it keep three replicas of the stream",
  },
  "cluster-old-engine": {
    severity: "info",
    title: "The NATS server is an old one",
    help: "Install nats-server 2.11 or newer",
  },
} as const;

/** The stream of the cluster's store. */
export const cluster: Check<keyof typeof rules> = {
  subject: "cluster",
  rules,
  look: ({ cluster }) => {
    if (cluster === undefined) return undefined;
    if ("unknown" in cluster) return { unlooked: cluster.unknown };
    const { stream, replicas, version } = cluster.value;
    const findings: Finding[] = [];
    if (replicas !== undefined && replicas < limits.storeReplicas) {
      const message =
        `The stream ${stream} is kept ${replicas === 1 ? "once" : "twice"}: whoever ` +
        "loses that NATS server's disk loses accounts, sessions and revocations.";
      findings.push(broken(rules, "cluster-few-replicas", message));
    }
    if (isOld(version)) {
      const message =
        `nats-server ${version} does not know the life of single messages and batches ` +
        "that hold together. The store needs neither, and goes on with it.";
      findings.push(broken(rules, "cluster-old-engine", message));
    }
    return findings;
  },
};

/** Before 2.11. */
function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < 2 || (major === 2 && minor < 11);
}
