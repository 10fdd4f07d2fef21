/**
 * Whether this program has wider permissions than a server of the configuration needs.
 *
 * @module
 */

import { broken, type Check } from "../patient/check.ts";
import { leastFlags } from "./least_flags.ts";

const rules = {
  "permissions-wide": {
    severity: "info",
    title: "The program has wider permissions than it needs",
    help: "Start the server with narrower flags.",
  },
} as const;

/** The permissions of Deno. */
export const permissions: Check<keyof typeof rules> = {
  subject: "permissions",
  rules,
  look: ({ unlimited, directory, server }) => {
    if (unlimited.length === 0) return [];
    if (server === undefined) return { unlooked: "no server says where it listens" };
    const flags = leastFlags({ directory, ...server }).join(" ");
    const message = `Without a limit: ${unlimited.map((name) => `--allow-${name}`).join(", ")}.`;
    const remedy = `deno run ${flags} cli.ts serve --data ${directory}`;
    return [broken(rules, "permissions-wide", message, remedy)];
  },
};
