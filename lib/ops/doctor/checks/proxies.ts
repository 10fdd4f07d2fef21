/**
 * The proxies that run: what a scan of their ports finds.
 *
 * @module
 */

import { scanRules } from "../../scan/report/rules.ts";
import { broken, type Check } from "../patient/check.ts";

const rules = {
  ...scanRules,
  "proxy-silent": {
    severity: "high",
    title: "The proxy's port does not answer",
    help: "Look at the proxy's log; clients do not reach the service either.",
  },
} as const;

/** The proxies that run. */
export const proxies: Check<keyof typeof rules> = {
  subject: "running proxies",
  rules,
  look: ({ proxies }) => {
    if (proxies.length === 0) return undefined;
    return proxies.flatMap(({ name, scan }) => {
      if (scan === undefined) return [];
      const where = `proxy ${name}`;
      if ("unknown" in scan) return [broken(rules, "proxy-silent", `${where}: ${scan.unknown}.`)];
      const { address, findings } = scan.value;
      return findings.map((one) => ({ ...one, message: `${where} at ${address}: ${one.message}` }));
    });
  },
};
