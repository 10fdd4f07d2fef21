/**
 * Limits of the Model Context Protocol.
 *
 * @module
 */

import { KiB, MINUTE_MS } from "./units.ts";

/** Limits of `lib/mcp`. */
export const mcpLimits = {
  /** The most tools on one page of a list. */
  mcpPageTools: 100,
  /** How long a list of tools is believed, here and by clients that keep it. */
  mcpToolsFreshMs: 1 * MINUTE_MS,
  /** Progress is told at most this often. */
  mcpProgressEveryMs: 100,
  /** The most characters of an item that a message of progress shows. */
  maxMcpProgressLength: 500,
  /** The most characters of JSON that the items of one stream have in a result; the rest is cut. */
  maxMcpItemsLength: 256 * KiB,
  /** The most requests of one client on standard input that are under way at once. */
  maxMcpRequests: 64,
  /** Requests that run when standard input ends may go on for this long. */
  mcpDrainMs: 2_000,
  /** The file of the data directory that keeps accepted definitions of tools. */
  mcpPinFile: "mcp_tools.json",
  /** The longest name of a tool, in characters. */
  maxMcpNameLength: 128,
} as const;
