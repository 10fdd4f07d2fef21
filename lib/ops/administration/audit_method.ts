/**
 * `rpc.audit`: what happened, and who did it.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Methods } from "../../rpc/method/method.ts";
import { readParams } from "../methods/params.ts";
import { type AuditFindings, type ReadTables, searchAudit } from "./audit_search.ts";

/** What this method works with. */
export interface AuditMethodParts {
  /** Reads the tables of the store. */
  readonly query: ReadTables;
  /** The time, in milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Makes it.
 *
 * @param parts What it works with.
 */
export function auditMethods({ query, now }: AuditMethodParts): Methods {
  return {
    "rpc.audit": {
      summary: "What happened, the newest first",
      idempotent: true,
      async handler(params: unknown): Promise<AuditFindings & { readonly atMs: number }> {
        const search = readParams(params, { find: "text", before: "count", limit: "count" });
        const { limit = 1 } = search;
        if (limit < 1 || limit > limits.maxListedRecords) {
          throw new DariError("invalid_params", `"limit" is 1 to ${limits.maxListedRecords}`);
        }
        return { atMs: now(), ...await query((sql) => searchAudit(sql, search)) };
      },
    },
  };
}
