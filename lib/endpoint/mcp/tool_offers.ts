/**
 * Which methods are offered to models as tools.
 *
 * @module
 */

import { matching, parsePattern } from "../../auth/policy/patterns.ts";
import type { McpServerOptions } from "../../mcp/mcp_server.ts";

/**
 * Reads patterns of methods, as the roles of a policy have them: `orders.*`, `report`, `!orders.delete`.
 *
 * @param patterns The patterns.
 * @returns Says whether a method is offered; an administrative one only where a pattern is its whole
 * name.
 * @throws {DariError} `configuration` for a pattern that is malformed.
 *
 * @example
 * ```ts
 * import { toolOffers } from "./tool_offers.ts";
 * import { assert } from "@std/assert";
 *
 * const offers = toolOffers(["orders.*", "!orders.delete"]);
 * assert(offers({ name: "orders.list" }));
 * assert(!offers({ name: "orders.delete" }));
 * ```
 */
export function toolOffers(patterns: readonly string[]): McpServerOptions["offers"] {
  const parsed = patterns.map((text) => parsePattern(text, "mcp"));
  return ({ name, "x-admin": isAdmin = false }) => matching(parsed, name, isAdmin)?.allows === true;
}
