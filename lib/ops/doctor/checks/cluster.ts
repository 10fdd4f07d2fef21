/**
 * The streams of a cluster: whether the loss of one NATS server loses them.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import type { Finding } from "../../finding/finding.ts";
import { broken, type Check } from "../patient/check.ts";

const rules = {
  "cluster-few-replicas": {
    severity: "medium",
    title: "Too few NATS servers keep what the cluster shares",
    help: "Make three NATS servers a cluster, and have it keep three replicas of the stream",
  },
  "cluster-stream-differs": {
    severity: "high",
    title: "A stream of the cluster would lose what is written",
    help: "Change the configuration of the stream; servers that start refuse it as it is",
  },
  "cluster-old-engine": {
    severity: "info",
    title: "The NATS server is an old one",
    help: "Install nats-server 2.11 or newer",
  },
} as const;

/** The streams of the cluster. */
export const cluster: Check<keyof typeof rules> = {
  subject: "cluster",
  rules,
  look: ({ cluster }) => {
    if (cluster === undefined) return undefined;
    if ("unknown" in cluster) return { unlooked: cluster.unknown };
    const { streams, version } = cluster.value;
    const findings: Finding[] = [];
    for (const { name, keeps, replicas, difference } of streams) {
      if (replicas < limits.storeReplicas) {
        const message =
          `The stream ${name} is kept ${replicas === 1 ? "once" : "twice"}: whoever ` +
          `loses that NATS server's disk loses ${keeps}.`;
        findings.push(broken(rules, "cluster-few-replicas", message));
      }
      if (difference === undefined) continue;
      const message = `The stream ${name} is not what it has to be: ${difference}.`;
      findings.push(broken(rules, "cluster-stream-differs", message));
    }
    if (isOld(version)) {
      const message =
        `nats-server ${version} does not know the life of single messages and batches ` +
        "that hold together. dari needs neither, and goes on with it.";
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
